// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
)

// grantEntry writes a session as the API writes grants, its tokens included. See the vendor page
// "POST OAuth/GetGrants".
func (b *Backend) grantEntry(s *session) map[string]any {
	entry := map[string]any{
		"AccessToken": s.access, "RefreshToken": s.refresh, "Application": s.application, "Scope": s.scope, "ValidFor": s.accessLife,
		"GranteePrefixedUniversal": s.identity, "GrantedToPrefixedUniversal": cmp.Or(s.grantedTo, s.identity),
		"Expires": nil, "ExpiresUnixTime": nil, "ExpiresISO8601": nil,
	}
	for name, moment := range map[string]time.Time{"AccessIssuedOn": s.accessIssued, "GrantIssuedOn": s.issued, "Expires": s.accessEnds} {
		if !moment.IsZero() {
			entry[name] = fmt.Sprintf("/Date(%d)/", moment.UnixMilli())
			entry[name+"UnixTime"], entry[name+"ISO8601"] = moment.Unix(), moment.UTC().Format(time.RFC3339)
		}
	}
	return entry
}

// seesGrants tells whether the caller may read and count the grants of an application.
func (c caller) seesGrants(application string) bool {
	return c.global == Admin || c.global == GrantAdmin || c.applications[application] == Owner
}

// liveGrants returns the sessions that pass, the oldest first.
func (b *Backend) liveGrants(pass func(*session) bool) []*session {
	var list []*session
	now := b.service.Time()
	for s := range b.sessions {
		if (s.accessAlive(now) || s.refresh != "" && (s.expires.IsZero() || now.Before(s.expires))) && pass(s) {
			list = append(list, s)
		}
	}
	slices.SortFunc(list, func(x, y *session) int { return cmp.Compare(x.seq, y.seq) })
	return list
}

// enumerateGrants answers "POST OAuth/EnumerateGrants": those of one application.
func (b *Backend) enumerateGrants(c *call) reply {
	c.known("ApplicationId", "Start", "Count", "OrderBy", "Descending", "ResolveIdentities")
	values, complete := c.required("ApplicationId")
	from, okStart := c.number("Start", 0)
	count, okCount := c.number("Count", -1)
	if !complete || !okStart || !okCount || from < 0 || count < 0 {
		wire.Violate(c.r, "ApplicationId, Start or Count is missing or out of range")
		return invalidRequest()
	}
	wire.Note(c.r, "application", values[0])
	if !c.caller.seesGrants(values[0]) {
		return b.denied(c)
	}
	if b.byID[values[0]] == nil {
		return failed(c, resultApplicationNotFound, "The application was not found")
	}
	if b.switches.Start != StartSkip {
		from *= count
	}
	return b.grantsReply(b.liveGrants(func(s *session) bool { return s.application == values[0] }), from, count)
}

// getGrants answers "POST OAuth/GetGrants": those of one person.
func (b *Backend) getGrants(c *call) reply {
	c.known("GranteePrefixedUniversal", "ApplicationId", "Start", "Count", "OrderBy", "Descending", "ResolveIdentities")
	values, complete := c.required("GranteePrefixedUniversal")
	application, isText := c.text("ApplicationId")
	from, okStart := c.number("Start", 0)
	count, okCount := c.number("Count", 1<<30)
	if !complete || !isText || !okStart || !okCount || from < 0 || count < 0 {
		return invalidRequest()
	}
	if !c.caller.seesGrants(application) {
		return b.denied(c)
	}
	folded := foldGrantee(values[0])
	if b.switches.Start != StartSkip {
		from *= count
	}
	return b.grantsReply(b.liveGrants(func(s *session) bool {
		return foldGrantee(s.identity) == folded && (application == "" || s.application == application)
	}), from, count)
}

func (b *Backend) grantsReply(list []*session, from, count int) reply {
	from = min(from, len(list))
	entries := []any{}
	for _, s := range list[from:min(from+count, len(list))] {
		entries = append(entries, b.grantEntry(s))
	}
	return b.success(map[string]any{"Grants": entries})
}

// countGrants answers "POST OAuth/GrantCount" and "POST OAuth/UserCount".
func (b *Backend) countGrants(c *call, users bool) reply {
	c.known("ApplicationId")
	values, complete := c.required("ApplicationId")
	if !complete {
		return invalidRequest()
	}
	if !c.caller.seesGrants(values[0]) {
		return b.denied(c)
	}
	if b.byID[values[0]] == nil {
		return failed(c, resultApplicationNotFound, "The application was not found")
	}
	list := b.liveGrants(func(s *session) bool { return s.application == values[0] })
	if users {
		people := map[string]bool{}
		for _, s := range list {
			people[s.identity] = true
		}
		return b.success(map[string]any{"Count": len(people)})
	}
	return b.success(map[string]any{"Count": len(list)})
}

func (b *Backend) grantCount(c *call) reply { return b.countGrants(c, false) }

func (b *Backend) userCount(c *call) reply { return b.countGrants(c, true) }

// revokeGrants answers "POST OAuth/RevokeGrants", which takes one of two IDs and ends all that it
// names.
func (b *Backend) revokeGrants(c *call) reply {
	c.known("ApplicationId", "GranteePrefixedUniversal")
	application, isText := c.text("ApplicationId")
	grantee, isID := c.text("GranteePrefixedUniversal")
	if !isText || !isID || (application == "") == (grantee == "") {
		wire.Violate(c.r, "not exactly one of ApplicationId and GranteePrefixedUniversal")
		return invalidRequest()
	}
	if !c.caller.seesGrants(application) {
		return b.denied(c)
	}
	ended := b.liveGrants(func(s *session) bool {
		return application != "" && s.application == application || grantee != "" && foldGrantee(s.identity) == foldGrantee(grantee)
	})
	for _, s := range ended {
		b.close(s)
	}
	wire.Note(c.r, "revoked", len(ended))
	return b.success(nil)
}
