// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud

import (
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
)

// The documented limits of one write.
const (
	maxApps         = 20
	maxAccounts     = 100
	maxIDLength     = 128
	maxNameLength   = 128
	maxDomainLength = 64
)

// batchBody is the body of BatchUpdateAppAuthorizations.
type batchBody struct {
	AppIDs []string `json:"app_ids"`
	assignBody
}

// assignBody is the body of UpdateAppAuthorizations.
type assignBody struct {
	AuthorizationType string        `json:"authorization_type"`
	Users             []accountInfo `json:"users"`
	DelUsers          []accountInfo `json:"del_users"`
}

// accountInfo is the vendor's AccountInfo; nil fields were left out.
type accountInfo struct {
	Account      string  `json:"account"`
	Domain       *string `json:"domain"`
	AccountType  string  `json:"account_type"`
	PlatformType *string `json:"platform_type"`
}

// change is a write that obeys the documented rules.
type change struct {
	apps      []string
	mode      string
	add       []entry
	remove    []entry
	partially bool
}

// entry is one account of a change.
type entry struct {
	account       account
	platform      platform
	domainLeftOut bool
}

// assign is BatchUpdateAppAuthorizations, and UpdateAppAuthorizations where appID is given.
func (b *Backend) assign(w http.ResponseWriter, r *http.Request, project, appID string) {
	var body batchBody
	var problem string
	e := errBody
	if appID != "" {
		body.AppIDs = []string{appID}
		problem = decodeBody(r, &body.assignBody)
	} else {
		problem = decodeBody(r, &body)
	}
	var c change
	if problem == "" {
		c, e, problem = b.validate(body)
	}
	if problem != "" {
		refuse(w, r, e, "%s", problem)
		return
	}
	wire.Note(r, "apps", len(c.apps), "mode", c.mode, "users", fmt.Sprintf("+%d -%d", len(c.add), len(c.remove)))
	switch fault, _ := wire.ServiceFault(r); fault.Kind {
	case IgnoredWrite:
		empty(w)
		return
	case PartialBatch:
		c.halve()
	}
	skipped, failure := b.apply(project, c)
	if skipped > 0 {
		wire.Note(r, "skipped", skipped)
	}
	switch {
	case failure != nil:
		fail(w, *failure)
	case c.partially:
		fail(w, errFailed)
	default:
		empty(w)
	}
}

// empty is the documented answer to a write: 200 without a body.
func empty(w http.ResponseWriter) {
	if w.Header().Get("Content-Type") == "" {
		w.Header().Set("Content-Type", "application/json")
	}
	w.WriteHeader(http.StatusOK)
}

// decodeBody returns what is wrong with a JSON body.
func decodeBody(r *http.Request, dst any) string {
	media, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != "application/json" || params["charset"] != "" && !strings.EqualFold(params["charset"], "utf-8") {
		return fmt.Sprintf("content type %q", r.Header.Get("Content-Type"))
	}
	if null := wire.FindNull(wire.Body(r)); null != "" {
		return null + " is null"
	}
	if err := wire.DecodeStrict(wire.Body(r), dst); err != nil {
		return err.Error()
	}
	return ""
}

// validate holds a body against the documented rules; problem says which one it breaks.
func (b *Backend) validate(body batchBody) (c change, e apiError, problem string) {
	parameter := func(field, format string, args ...any) (change, apiError, string) {
		return change{}, errParameter(field), field + ": " + fmt.Sprintf(format, args...)
	}
	switch n := len(body.AppIDs); {
	case n == 0:
		return parameter("app_ids", "there is none")
	case n > maxApps:
		return change{}, errTooManyApps, fmt.Sprintf("app_ids: %d of at most %d", n, maxApps)
	}
	seen := map[string]bool{}
	for i, id := range body.AppIDs {
		field := fmt.Sprintf("app_ids[%d]", i)
		if n := utf8.RuneCountInString(id); n < 1 || n > maxIDLength {
			return parameter(field, "%d characters", n)
		}
		if seen[id] {
			return parameter(field, "%s stands twice", id)
		}
		seen[id] = true
	}
	if body.AuthorizationType != AllUser && body.AuthorizationType != AssignUser {
		return parameter("authorization_type", "%q", body.AuthorizationType)
	}
	c = change{apps: body.AppIDs, mode: body.AuthorizationType}
	for _, list := range []struct {
		name  string
		infos []accountInfo
		into  *[]entry
	}{{"users", body.Users, &c.add}, {"del_users", body.DelUsers, &c.remove}} {
		if len(list.infos) > maxAccounts {
			return parameter(list.name, "%d of at most %d", len(list.infos), maxAccounts)
		}
		seen := map[account]bool{}
		for i, info := range list.infos {
			en, field, why := b.entry(info)
			if why == "" && seen[en.account] {
				why = "the account stands twice"
			}
			if why != "" {
				return parameter(strings.TrimSuffix(fmt.Sprintf("%s[%d].%s", list.name, i, field), "."), "%s", why)
			}
			seen[en.account] = true
			*list.into = append(*list.into, en)
		}
	}
	return c, apiError{}, ""
}

// entry reads one AccountInfo; why says which rule its field breaks.
func (b *Backend) entry(info accountInfo) (en entry, field, why string) {
	if n := utf8.RuneCountInString(info.Account); n < 1 || n > maxNameLength {
		return en, "account", fmt.Sprintf("%d characters", n)
	}
	if info.AccountType != Simple && info.AccountType != UserGroup {
		return en, "account_type", fmt.Sprintf("%q", info.AccountType)
	}
	en.account = account{group: info.AccountType == UserGroup, domain: localDomain, name: info.Account}
	switch {
	case info.Domain != nil:
		if n := utf8.RuneCountInString(*info.Domain); n < 1 || n > maxDomainLength {
			return en, "domain", fmt.Sprintf("%d characters", n)
		}
		en.account.domain = *info.Domain
	case en.account.group:
		return en, "domain", "is mandatory for user groups"
	default:
		en.domainLeftOut = true
	}
	if info.PlatformType != nil {
		i := slices.Index(platformNames[1:], *info.PlatformType)
		if i < 0 {
			return en, "platform_type", fmt.Sprintf("%q", *info.PlatformType)
		}
		en.platform = platform(i + 1)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	en.account = b.undecorate(en.account)
	return en, "", ""
}

// halve leaves of a change what happens before a failure in its middle.
func (c *change) halve() {
	c.partially = true
	if len(c.apps) > 1 {
		c.apps = c.apps[:len(c.apps)/2]
		return
	}
	c.add, c.remove = c.add[:len(c.add)/2], c.remove[:len(c.remove)/2]
}

// apply carries a change out as the switches say. skipped counts the accounts that nobody knows.
func (b *Backend) apply(project string, c change) (skipped int, failure *apiError) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var apps []*app
	missing := false
	for _, id := range c.apps {
		a, ok := b.apps[id]
		if missing = !ok || a.ProjectID != project; missing {
			break
		}
		if b.switches.MarketApps == MarketAppsRefused && a.ApplicationSource != "CUSTOM" {
			return 0, new(errParameter("app_ids: application of source " + a.ApplicationSource))
		}
		apps = append(apps, a)
	}
	if missing && b.switches.BatchBadApp != BatchBadAppPartial {
		return 0, &errAppNotFound
	}
	if c.mode == AllUser {
		switch b.switches.AllUserAccounts {
		case AllUserAccountsIgnored:
			c.add, c.remove = nil, nil
		case AllUserAccountsAdds:
			c.remove = nil
		}
	}
	adds, removes, skipped, failure := b.resolve(c)
	if failure == nil {
		failure = b.refusal(apps, adds, removes)
	}
	if failure != nil {
		return 0, failure
	}
	for _, a := range apps {
		before := a.records.len()
		b.flip(a, c.mode)
		if b.switches.UserInBoth != UserInBothKept { // removed: the removal comes last
			b.grantAll(a, adds)
		}
		for _, r := range removes {
			a.records.remove(r.id)
		}
		if b.switches.UserInBoth == UserInBothKept {
			b.grantAll(a, adds)
		}
		a.counted(before)
	}
	if missing {
		return skipped, &errAppNotFound
	}
	return skipped, nil
}

// resolve turns accounts into numbers and leaves out whom nobody knows.
func (b *Backend) resolve(c change) (adds, removes []record, skipped int, failure *apiError) {
	for _, en := range c.add {
		if !b.known(en.account) {
			if b.switches.UnknownAccount == UnknownAccountError {
				if en.account.group {
					return nil, nil, 0, &errUnknownGroup
				}
				return nil, nil, 0, &errUnknownUser
			}
			skipped++
			continue
		}
		adds = append(adds, record{id: b.intern(en.account), platform: en.platform, domainLeftOut: en.domainLeftOut})
	}
	for _, en := range c.remove {
		// Nobody is interned for being absent.
		if id, ok := b.ids[b.key(en.account)]; ok {
			removes = append(removes, record{id: id})
		} else if b.switches.AbsentRemove == AbsentRemoveError {
			return nil, nil, 0, new(errParameter("del_users: " + en.account.name + " is not authorized"))
		}
	}
	if b.switches.UserInBoth == UserInBothError {
		for _, r := range removes {
			if slices.ContainsFunc(adds, func(other record) bool { return other.id == r.id }) {
				return nil, nil, 0, new(errParameter("del_users: " + b.accounts[r.id].name + " is in users too"))
			}
		}
	}
	return adds, removes, skipped, nil
}

// refusal is the error of a change that the switches make the service refuse, before anything is
// done.
func (b *Backend) refusal(apps []*app, adds, removes []record) *apiError {
	for _, a := range apps {
		more := 0
		for _, r := range adds {
			switch old := a.records.get(r.id); {
			case old == nil:
				more++
			case b.switches.DuplicateAdd == DuplicateAddError:
				return new(errParameter("users: " + b.accounts[r.id].name + " is authorized already"))
			}
		}
		if limit := b.switches.AccountLimit; limit > 0 && more > 0 && a.records.len()+more > limit {
			return new(errParameter(fmt.Sprintf("users: number of authorized accounts exceeds the limit, limit:'%d'", limit)))
		}
		if b.switches.AbsentRemove != AbsentRemoveError {
			continue
		}
		for _, r := range removes {
			if a.records.get(r.id) == nil {
				return new(errParameter("del_users: " + b.accounts[r.id].name + " is not authorized"))
			}
		}
	}
	return nil
}

// flip sets the mode of an app.
func (b *Backend) flip(a *app, mode string) {
	if mode == AllUser && a.AuthorizationType != AllUser && b.switches.FlipToAllUser == FlipToAllUserWipe {
		a.records.clear()
	}
	a.AuthorizationType = mode
}

func (b *Backend) grantAll(a *app, adds []record) {
	for _, r := range adds {
		b.grant(a, r.id, r.platform, r.domainLeftOut)
	}
}

// grant adds one account. One that is there already keeps its platform type unless the switch says
// otherwise.
func (b *Backend) grant(a *app, id accountID, p platform, domainLeftOut bool) {
	old := a.records.get(id)
	if old == nil {
		a.records.add(record{id: id, platform: p, domainLeftOut: domainLeftOut})
		return
	}
	if b.switches.PlatformChange == PlatformChangeChanged {
		old.platform = p
	}
}
