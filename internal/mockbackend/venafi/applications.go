// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
)

// applicationEntry is an application as the API writes it. See the vendor page "POST
// OAuth/GetApplication".
type applicationEntry struct {
	AccessValidity   *int64
	Description      string
	GrantCount       int
	GrantValidity    *int64
	ID               string
	MaximumScope     string
	Name             string
	Renewable        *bool
	ReviewedBy       *string `json:",omitempty"`
	Scope            string
	UnusedExpiration *int64
	URL              string `json:"Url"`
	UserCount        int
	Vendor           string
}

// applicationEntries writes applications, with the number of their sessions and of the users who
// have one.
func (b *Backend) applicationEntries(applications []*Application) []applicationEntry {
	grants, users := map[string]int{}, map[string]map[string]bool{}
	for s := range b.sessions {
		grants[s.application]++
		if users[s.application] == nil {
			users[s.application] = map[string]bool{}
		}
		users[s.application][s.identity] = true
	}
	entries := make([]applicationEntry, 0, len(applications))
	for _, a := range applications {
		entries = append(entries, applicationEntry{
			AccessValidity: validity(a.AccessValiditySeconds), Description: a.Description, GrantCount: grants[a.ID],
			GrantValidity: validity(a.GrantValiditySeconds), ID: a.ID, MaximumScope: b.spellScope(a.MaximumScope), Name: a.Name, Renewable: a.Renewable,
			Scope: b.spellScope(a.Scope), UnusedExpiration: validity(a.UnusedExpirationSeconds), URL: a.URL, UserCount: len(users[a.ID]), Vendor: a.Vendor,
		})
		if b.switches.MoreFields == Sent {
			entries[len(entries)-1].ReviewedBy = &a.ReviewedBy
		}
	}
	return entries
}

// sees tells whether the caller may read an application.
func (c caller) sees(id string) bool {
	return c.global != User || c.applications[id] != User
}

// readsApplications tells whether the caller may read any application.
func (c caller) readsApplications() bool {
	return c.global != User || len(c.applications) > 0
}

// createApplication answers "POST OAuth/CreateApplication".
func (b *Backend) createApplication(c *call) reply {
	c.known("ApplicationId", "Scope", "MaximumScope", "Name", "Vendor", "Description", "Url", "AccessValidity", "GrantValidity", "Renewable")
	values, complete := c.required("ApplicationId", "Scope", "MaximumScope", "Name", "Vendor", "Description", "Url")
	if !complete {
		return invalidRequest()
	}
	a := Application{
		ID: values[0], Scope: values[1], MaximumScope: values[2], Name: values[3], Vendor: values[4], Description: values[5], URL: values[6],
	}
	if !b.validities(c, &a.AccessValiditySeconds, &a.GrantValiditySeconds, &a.Renewable) {
		return invalidRequest()
	}
	a.Restricted, a.ReviewedBy = true, b.defaultReview("")
	for _, scope := range []string{a.Scope, a.MaximumScope} {
		if _, err := parseScope(scope); err != nil {
			wire.Violate(c.r, "%v", err)
			return failed(c, resultInvalidParameters, "The scope is malformed")
		}
	}
	wire.Note(c.r, "application", a.ID)
	if c.caller.global != Admin {
		return b.denied(c)
	}
	if b.byID[a.ID] != nil {
		return failed(c, resultApplicationAlreadyExists, "The application exists already")
	}
	if c.fault == FaultIgnoredWrite {
		return b.success(map[string]any{"Application": b.applicationEntries([]*Application{&a})[0]})
	}
	b.addApplication(a)
	return b.success(map[string]any{"Application": b.applicationEntries([]*Application{b.byID[a.ID]})[0]})
}

// deleteApplication answers "POST OAuth/DeleteApplication": its roles and sessions end with it.
func (b *Backend) deleteApplication(c *call) reply {
	c.known("ApplicationId")
	values, complete := c.required("ApplicationId")
	if !complete {
		return invalidRequest()
	}
	wire.Note(c.r, "application", values[0])
	if c.caller.global != Admin && c.caller.applications[values[0]] != Owner {
		return b.denied(c)
	}
	if b.byID[values[0]] == nil {
		return failed(c, resultApplicationNotFound, "The application was not found")
	}
	if b.switches.ApplicationEnd == EndRefused && len(b.rules.byKey[values[0]]) > 0 {
		return failed(c, resultFailure, "The application has rules")
	}
	if c.fault != FaultIgnoredWrite {
		b.dropApplication(values[0])
	}
	return b.success(nil)
}

func (b *Backend) dropApplication(id string) {
	delete(b.byID, id)
	b.applications = slices.DeleteFunc(b.applications, func(a *Application) bool { return a.ID == id })
	for key := range b.roles.byKey {
		if key.application == id {
			b.roles.remove(key, 0)
		}
	}
	for s := range b.sessions {
		if s.application == id && b.switches.ApplicationEnd != EndKeeps {
			b.close(s)
		}
	}
	if b.switches.ApplicationEnd != EndKeeps {
		delete(b.rules.byKey, id)
	}
}

// getApplication answers "POST OAuth/GetApplication".
func (b *Backend) getApplication(c *call) reply {
	c.known("ApplicationId")
	values, complete := c.required("ApplicationId")
	if !complete {
		return invalidRequest()
	}
	wire.Note(c.r, "application", values[0])
	if !c.caller.sees(values[0]) {
		return b.denied(c)
	}
	a := b.byID[values[0]]
	if a == nil {
		return failed(c, resultApplicationNotFound, "The application was not found")
	}
	entries := b.applicationEntries([]*Application{a})
	if b.switches.GetApplication == ApplicationArray {
		return b.success(map[string]any{"Applications": entries})
	}
	return b.success(map[string]any{"Application": entries[0]})
}

// getApplications answers "POST OAuth/GetApplications": those of the named applications that are
// there and visible.
func (b *Backend) getApplications(c *call) reply {
	c.known("ApplicationIds")
	var ids []string
	if json.Unmarshal(c.params["ApplicationIds"], &ids) != nil || ids == nil {
		wire.Violate(c.r, "ApplicationIds is no list of strings")
		return invalidRequest()
	}
	if !c.caller.readsApplications() {
		return b.denied(c)
	}
	var found []*Application
	for _, id := range ids {
		if a := b.byID[id]; a != nil && c.caller.sees(id) {
			found = append(found, a)
		}
	}
	return b.success(map[string]any{"Applications": b.applicationEntries(found)})
}

// The values of OrderBy.
const (
	orderByName           = 1
	orderByVendor         = 2
	orderByAccessValidity = 3
	orderByGrantValidity  = 4
)

// enumerateApplications answers "POST OAuth/EnumerateApplications".
func (b *Backend) enumerateApplications(c *call) reply {
	c.known("Start", "Count", "OrderBy", "Descending")
	start, okStart := c.number("Start", -1)
	count, okCount := c.number("Count", -1)
	order, okOrder := c.number("OrderBy", 0)
	var descending bool
	raw := c.params["Descending"]
	if !okStart || !okCount || !okOrder || start < 0 || count < 0 || order < 0 || order > orderByGrantValidity ||
		len(raw) > 0 && json.Unmarshal(raw, &descending) != nil {
		wire.Violate(c.r, "Start, Count, OrderBy or Descending is missing or out of range")
		return invalidRequest()
	}
	if !c.caller.readsApplications() {
		return b.denied(c)
	}
	visible := slices.DeleteFunc(slices.Clone(b.applications), func(a *Application) bool { return !c.caller.sees(a.ID) })
	slices.SortStableFunc(visible, func(x, y *Application) int { return compareApplications(order, x, y) })
	if descending {
		slices.Reverse(visible)
	}
	if b.switches.Start != StartSkip {
		start *= count
	}
	start = min(start, len(visible))
	visible = visible[start:min(start+count, len(visible))]
	wire.Note(c.r, "applications", len(visible))
	key := "Applications"
	if b.switches.EnumerateApplications == EnumerateSingular {
		key = "Application"
	}
	return b.success(map[string]any{key: b.applicationEntries(visible)})
}

func compareApplications(order int, x, y *Application) int {
	switch order {
	case orderByName:
		return strings.Compare(x.Name, y.Name)
	case orderByVendor:
		return strings.Compare(x.Vendor, y.Vendor)
	case orderByAccessValidity:
		return cmp.Compare(seconds(0, x.AccessValiditySeconds), seconds(0, y.AccessValiditySeconds))
	case orderByGrantValidity:
		return cmp.Compare(seconds(0, x.GrantValiditySeconds), seconds(0, y.GrantValiditySeconds))
	}
	return strings.Compare(x.ID, y.ID)
}
