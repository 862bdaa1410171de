// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package authset

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	api "github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud"
	"github.com/appaccess/terraform-provider-appaccess/internal/api/shared"
)

// GoneError tells that applications that are to be changed don't exist.
type GoneError struct{ AppIDs []string }

func (e *GoneError) Error() string {
	return fmt.Sprintf("no such application: %s", shared.Printable(strings.Join(e.AppIDs, ", ")))
}

// Is makes errors.Is(err, ErrAppNotFound) true.
func (e *GoneError) Is(target error) bool { return target == api.ErrAppNotFound }

// OpenedError tells that applications are open to everybody and would be closed, though the set did
// not know them open: an administrator or another run has opened them since its plan, or before it
// was created.
type OpenedError struct{ Apps []api.App }

func (e *OpenedError) Error() string {
	names := make([]string, 0, maxNames)
	for _, app := range e.Apps[:min(len(e.Apps), maxNames)] {
		names = append(names, app.String())
	}
	return more(strings.Join(names, ", "), len(e.Apps)) + ": open to everybody"
}

// ApplyError tells what an apply did before it failed, and what it did not.
type ApplyError struct {
	// Err is what stopped it: the service's error, the caller's refusal, or the end of the context.
	// It is nil when the service took every request and did not do what they say.
	Err error
	// Requests is the number of requests that the service said yes to, and Granted and Revoked what
	// came of them: accounts, once for each application.
	Requests, Granted, Revoked int
	// Failed are the requests that got an error, or no answer.
	Failed []api.Assignment
	// Remaining is what is not done.
	Remaining Deltas
	// Ignored is the part of Remaining that the service said yes to.
	Ignored Deltas
	// Lookalikes are accounts that an application lists in another spelling than the set, by the
	// set's account.
	Lookalikes map[api.Handle]api.Handle

	unanswered bool
}

// failed says what was done before err, and what was not. Before the first request it is err alone.
func (r *run) failed(err error, remaining Deltas) error {
	e := &ApplyError{Err: err, Remaining: remaining, Failed: r.log.failures(), Lookalikes: map[api.Handle]api.Handle{}}
	e.Requests, e.Granted, e.Revoked = r.log.totals()
	e.unanswered = r.log.unanswered()
	if e.Requests == 0 && len(e.Failed) == 0 {
		return err
	}
	for _, delta := range remaining.Apps {
		done := r.log.acknowledged(delta.App.ID)
		ignored := Delta{App: delta.App, Mode: delta.Mode, Flip: delta.Flip && done.mode == delta.Mode}
		_, ignored.Grant = split(delta.Grant, done.granted.has)
		_, ignored.Revoke = split(delta.Revoke, done.revoked.has)
		e.Granted -= len(ignored.Grant)
		if ignored.Mode != api.AllUser {
			e.Revoked -= len(ignored.Revoke)
		}
		if ignored.Flip || len(ignored.Grant)+len(ignored.Revoke) > 0 {
			e.Ignored.Apps = append(e.Ignored.Apps, ignored)
		}
	}
	e.findLookalikes(r.out.Actual)
	return e
}

// findLookalikes notes which of the accounts that did not arrive, or were refused, are listed in
// another spelling.
func (e *ApplyError) findLookalikes(actual Actual) {
	deltas := e.Ignored
	if refused(e.Err) {
		deltas = e.Remaining
	}
	for _, delta := range deltas.Apps {
		if len(delta.Grant) == 0 {
			continue
		}
		listed := map[api.Account]api.Handle{}
		for h := range actual[delta.App.ID].Accounts {
			listed[fold(h.Value())] = h
		}
		for _, h := range delta.Grant {
			if other, ok := listed[fold(h.Value())]; ok {
				e.Lookalikes[h] = other
			}
		}
	}
}

func (e *ApplyError) Unwrap() error { return e.Err }

// Unanswered tells that the service may act yet on a request that it did not answer.
func (e *ApplyError) Unanswered() bool { return e.unanswered }

// Interrupted tells that the apply ended because its context did.
func (e *ApplyError) Interrupted() bool {
	return errors.Is(e.Err, context.Canceled) || errors.Is(e.Err, context.DeadlineExceeded)
}

// Error says what stopped the apply, on whom, what was done and what was not.
func (e *ApplyError) Error() string {
	var b strings.Builder
	if e.Err != nil {
		fmt.Fprintf(&b, "%s.\n\n", strings.TrimSuffix(e.Err.Error(), "."))
	}
	for i, a := range e.Failed {
		if i == 3 {
			fmt.Fprintf(&b, "… and %s that failed.\n", shared.Counted(len(e.Failed)-i, "more request"))
			break
		}
		fmt.Fprintf(&b, "The request that failed: %s%s.\n", describe(a), e.advice(handles(a.Users)))
	}
	if len(e.Ignored.Apps) > 0 {
		b.WriteString("The service accepted these changes, but what it lists afterwards shows that it did not make them:\n")
		for _, delta := range e.Ignored.Apps {
			fmt.Fprintf(&b, "  - %s\n", e.ignored(delta))
		}
		b.WriteString("An account that the service does not know, or spells in another way, is skipped without an error.\n")
	}
	fmt.Fprintf(&b, "Done: %s, %s granted and %d revoked (counted once for each application).\n",
		shared.Counted(e.Requests, "request"), shared.Counted(e.Granted, "account"), e.Revoked)
	grants, revocations := e.Remaining.Grants(), 0
	for _, delta := range e.Remaining.Apps {
		revocations += len(delta.Revoke) + len(delta.Replace)
	}
	fmt.Fprintf(&b, "Not done: %s to grant and %d to revoke on %s.", shared.Counted(grants, "account"), revocations,
		shared.Counted(len(e.Remaining.Apps), "application"))
	return b.String()
}

func (e *ApplyError) ignored(delta Delta) string {
	var parts []string
	if delta.Flip {
		parts = append(parts, fmt.Sprintf("it is still not %s", delta.Mode))
	}
	if len(delta.Grant) > 0 {
		parts = append(parts, "not granted: "+NameAccounts(delta.Grant)+e.advice(delta.Grant))
	}
	if len(delta.Revoke) > 0 {
		parts = append(parts, "still granted: "+NameAccounts(delta.Revoke))
	}
	return fmt.Sprintf("%s: %s", delta.App, strings.Join(parts, "; "))
}

// advice names the first row that looks like one of some accounts.
func (e *ApplyError) advice(accounts []api.Handle) string {
	for _, h := range accounts {
		if other, ok := e.Lookalikes[h]; ok {
			return fmt.Sprintf(" (the service lists %s: names are compared exactly, use its spelling)", other.Value().Printable())
		}
	}
	return ""
}

func describe(a api.Assignment) string {
	text := fmt.Sprintf("%s on %s", a.AuthorizationType, shared.Counted(len(a.AppIDs), "application"))
	text += " (" + firstOf(a.AppIDs) + ")"
	if len(a.Users) > 0 {
		text += fmt.Sprintf(", granting %s (%s)", shared.Counted(len(a.Users), "account"), NameAccounts(handles(a.Users)))
	}
	if len(a.DelUsers) > 0 {
		text += fmt.Sprintf(", revoking %s (%s)", shared.Counted(len(a.DelUsers), "account"), NameAccounts(handles(a.DelUsers)))
	}
	return text
}

func handles(authorizations []api.Authorization) []api.Handle {
	out := make([]api.Handle, len(authorizations))
	for i, a := range authorizations {
		out[i] = a.Handle()
	}
	return out
}

// maxNames is how many accounts or applications a message names.
const maxNames = 10

// NameAccounts names the first ten accounts, and how many more there are.
func NameAccounts(handles []api.Handle) string {
	names := make([]string, 0, min(len(handles), maxNames))
	for _, h := range handles[:min(len(handles), maxNames)] {
		names = append(names, h.Value().Printable())
	}
	return more(strings.Join(names, ", "), len(handles))
}

// NameFirst names the first accounts in the order of their names, however many there are.
func NameFirst(handles []api.Handle) string {
	first := make([]api.Handle, 0, maxNames+1)
	for _, h := range handles {
		at, _ := slices.BinarySearchFunc(first, h, compareHandles)
		if at == maxNames {
			continue
		}
		first = slices.Insert(first, at, h)
		first = first[:min(len(first), maxNames)]
	}
	return more(NameAccounts(first), len(handles))
}

func firstOf(ids []string) string {
	return more(strings.Join(ids[:min(len(ids), maxNames)], ", "), len(ids))
}

func more(text string, n int) string {
	if n > maxNames {
		text += fmt.Sprintf(" and %d more", n-maxNames)
	}
	return text
}
