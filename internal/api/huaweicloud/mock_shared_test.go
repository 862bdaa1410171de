// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud"
	mock "github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/huaweicloud"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
)

func grant(appIDs []string, names ...string) huaweicloud.Assignment {
	a := huaweicloud.Assignment{AppIDs: appIDs, AuthorizationType: huaweicloud.AssignUser}
	for _, name := range names {
		a.Users = append(a.Users, user(name))
	}
	return a
}

// hold makes the next requests of an operation wait inside the mock until release is called;
// arrived tells of each.
func (b *bench) hold(operation string, times int) (arrived <-chan struct{}, release func()) {
	came, gate := make(chan struct{}, 100), make(chan struct{})
	b.faults.Add(wire.Fault{Kind: wire.Hook, Operation: operation, Times: times, Do: func(r *http.Request) {
		came <- struct{}{}
		select {
		case <-gate:
		case <-r.Context().Done():
		}
	}})
	release = sync.OnceFunc(func() { close(gate) })
	b.t.Cleanup(release)
	return came, release
}

// However many resources ask, a run lists once.
func TestListingsAreShared(t *testing.T) {
	t.Parallel()
	b := start(t, map[string]mock.App{cad: {Name: "CAD", Users: users(250)}, mail: {Name: "Mail"}}, func(c *huaweicloud.Config) { c.ProjectID = "" })
	for range 2 {
		var wg sync.WaitGroup
		for range 30 {
			wg.Go(func() {
				if apps, err := b.client.Apps(t.Context()); err != nil || len(apps) != 2 {
					t.Error(len(apps), err)
				}
				if accounts, err := b.client.Authorizations(t.Context(), cad); err != nil || len(accounts) != 250 {
					t.Error(len(accounts), err)
				}
			})
		}
		wg.Wait()
	}
	b.want(mock.OpListApps, 1)
	b.want(mock.OpListAppAuthorizations, 3)
	b.want(mock.OpListProjects, 1)

	// A write forgets what it names, and the modes.
	if _, err := b.client.Authorizations(t.Context(), mail); err != nil {
		t.Fatal(err)
	}
	if err := b.client.AssignAuthorizations(t.Context(), grant([]string{cad}, "newcomer")); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if accounts, err := b.client.Authorizations(t.Context(), cad); err != nil || len(accounts) != 251 {
			t.Error(len(accounts), err)
		}
		if _, err := b.client.Authorizations(t.Context(), mail); err != nil {
			t.Error(err)
		}
		if _, err := b.client.Apps(t.Context()); err != nil {
			t.Error(err)
		}
	}
	b.want(mock.OpListApps, 2)
	b.want(mock.OpListAppAuthorizations, 3+1+3)
	b.client.Forget(nil)
	if _, err := b.client.Apps(t.Context()); err != nil {
		t.Error(err)
	}
	b.want(mock.OpListApps, 3)
	b.noViolations()
}

// A write that failed may have been done: all its applications are forgotten too.
func TestFailedWriteForgets(t *testing.T) {
	t.Parallel()
	for _, kind := range []wire.FaultKind{wire.ResetAfter, mock.PartialBatch, mock.Forbidden} {
		b := start(t, map[string]mock.App{cad: {Name: "CAD"}, mail: {Name: "Mail"}})
		look := func() (n int) {
			for _, id := range []string{cad, mail} {
				accounts, err := b.client.Authorizations(t.Context(), id)
				if err != nil {
					t.Fatal(err)
				}
				n += len(accounts)
			}
			return n
		}
		look()
		b.faults.Add(wire.Fault{Kind: kind, Operation: mock.OpBatchUpdateAppAuthorizations})
		if err := b.client.AssignAuthorizations(t.Context(), grant([]string{cad, mail}, "newcomer")); err == nil {
			t.Errorf("%s: a success", kind)
		}
		if got, want := look(), len(b.Accounts(cad))+len(b.Accounts(mail)); got != want {
			t.Errorf("%s: %d accounts are listed, the service has %d", kind, got, want)
		}
		b.want(mock.OpListAppAuthorizations, 4)
	}
}

// A write waits until a listing of its application has ended: it would move accounts from one page
// to the other. And what was listed before it is never taken for what shows it.
func TestWriteWaitsForAListing(t *testing.T) {
	t.Parallel()
	b := start(t, map[string]mock.App{cad: {Name: "CAD", Users: users(3)}})
	if _, err := b.client.Apps(t.Context()); err != nil { // proves the key
		t.Fatal(err)
	}
	// The mock looks at its data after the hook: hold the answer instead, by a second page that
	// hangs.
	if err := b.Update(func(s mock.Seed) (mock.Seed, error) {
		app := s.Apps[cad]
		app.Users = users(150)
		s.Apps[cad] = app
		return s, nil
	}); err != nil {
		t.Fatal(err)
	}
	b.faults.Add(wire.Fault{Kind: wire.Hook, Operation: mock.OpListAppAuthorizations, Times: 1})
	arrived, release := b.hold(mock.OpListAppAuthorizations, 1)
	early := make(chan []string, 1)
	go func() {
		accounts, err := b.client.Authorizations(t.Context(), cad)
		if err != nil {
			t.Error(err)
		}
		early <- names(accounts)
	}()
	<-arrived
	change := huaweicloud.Assignment{AppIDs: []string{cad}, AuthorizationType: huaweicloud.AssignUser, DelUsers: []huaweicloud.Authorization{user("user000000")}, Users: []huaweicloud.Authorization{user("newcomer")}}
	written := make(chan error, 1)
	go func() { written <- b.client.AssignAuthorizations(t.Context(), change) }()
	select {
	case err := <-written:
		t.Fatalf("the write did not wait for the listing to end: %v", err)
	case <-time.After(20 * time.Millisecond):
	}
	before := b.listed(cad)
	release()
	if got := <-early; !slices.Equal(got, before) {
		t.Errorf("the listing shows some of the write: %d accounts, newcomer %v", len(got), slices.Contains(got, "local.com/newcomer"))
	}
	if err := <-written; err != nil {
		t.Error(err)
	}
	if got, err := b.client.Authorizations(t.Context(), cad); err != nil || slices.Equal(before, b.listed(cad)) || !slices.Equal(names(got), b.listed(cad)) {
		t.Errorf("what is listed after the write does not show it: %d accounts, %v", len(got), err)
	}
}

// Who gives up waiting takes nobody along, and who is alone stops the requests.
func TestGivingUpASharedListing(t *testing.T) {
	t.Parallel()
	b := start(t, map[string]mock.App{cad: {Name: "CAD", Users: users(5)}})
	arrived, release := b.hold(mock.OpListAppAuthorizations, 1)
	ctx, cancel := context.WithCancel(t.Context())
	first, second := make(chan error, 1), make(chan error, 1)
	go func() { _, err := b.client.Authorizations(ctx, cad); first <- err }()
	<-arrived
	go func() {
		accounts, err := b.client.Authorizations(t.Context(), cad)
		if err == nil && len(accounts) != 5 {
			err = fmt.Errorf("%d accounts", len(accounts))
		}
		second <- err
	}()
	time.Sleep(10 * time.Millisecond)
	cancelled := time.Now()
	cancel()
	if err := <-first; !errors.Is(err, context.Canceled) || time.Since(cancelled) > time.Second {
		t.Errorf("%v after %s", err, time.Since(cancelled))
	}
	release()
	if err := <-second; err != nil {
		t.Error(err)
	}
	b.want(mock.OpListAppAuthorizations, 1)
}

// Twenty applications that share 20,000 accounts take well under 60 MB. Not parallel: it measures.
func TestMemoryOfListings(t *testing.T) { //nolint:paralleltest // measures memory
	const apps, accounts = 20, 20_000
	everybody := users(accounts)
	seeded := map[string]mock.App{}
	for i := range apps {
		seeded[fmt.Sprintf("app-%02d", i)] = mock.App{Name: fmt.Sprint(i), Users: everybody}
	}
	b := start(t, seeded)
	b.recorder.Limit(-1, -1)
	heap := func() int64 {
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	before := heap()
	var held []huaweicloud.Accounts
	for id := range seeded {
		listed, err := b.client.Authorizations(t.Context(), id)
		if err != nil || len(listed) != accounts {
			t.Fatal(len(listed), err)
		}
		held = append(held, listed)
	}
	if used := heap() - before; used > 40<<20 {
		t.Errorf("%d applications with %d accounts take %d MiB", len(held), accounts, used>>20)
	} else {
		t.Logf("%d MiB", used>>20)
	}
	b.want(mock.OpListAppAuthorizations, apps*(accounts/100+1))
	runtime.KeepAlive(held)
}

// Nor is one of the applications that began while the write was under way, before the service acted
// on it. One of their accounts waits.
func TestListingInTheMiddleOfAWrite(t *testing.T) {
	t.Parallel()
	b := start(t, map[string]mock.App{cad: {Name: "CAD"}})
	if _, err := b.client.ListApps(t.Context(), ""); err != nil { // proves the key: before, requests go one at a time
		t.Fatal(err)
	}
	arrived, release := b.hold(mock.OpBatchUpdateAppAuthorizations, 1)
	done := make(chan error, 1)
	go func() {
		a := grant([]string{cad}, "newcomer")
		a.AuthorizationType = huaweicloud.AllUser
		done <- b.client.AssignAuthorizations(t.Context(), a)
	}()
	<-arrived
	b.SetSwitches(mock.Switches{AllUserList: mock.AllUserListRecords})
	listed := make(chan error, 1)
	go func() {
		accounts, err := b.client.Authorizations(t.Context(), cad)
		if err == nil && len(accounts) != 1 {
			err = fmt.Errorf("%d accounts are listed", len(accounts))
		}
		listed <- err
	}()
	if apps, err := b.client.Apps(t.Context()); err != nil || apps[cad].AuthorizationType != huaweicloud.AssignUser {
		t.Error(apps, err)
	}
	b.want(mock.OpListAppAuthorizations, 0)
	release()
	if err := errors.Join(<-done, <-listed); err != nil {
		t.Fatal(err)
	}
	b.want(mock.OpListAppAuthorizations, 1)
	if apps, err := b.client.Apps(t.Context()); err != nil || apps[cad].AuthorizationType != huaweicloud.AllUser {
		t.Error(apps, err)
	}
}
