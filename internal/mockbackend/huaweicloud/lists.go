// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud

import (
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
)

const (
	defaultLimit = 10
	maxLimit     = 100
)

// appItem is the vendor's Application.
type appItem struct {
	ID                string    `json:"id"`
	TenantID          string    `json:"tenant_id"`
	Name              string    `json:"name"`
	Version           string    `json:"version"`
	Description       string    `json:"description"`
	AuthorizationType string    `json:"authorization_type,omitempty"`
	AppFileStore      fileStore `json:"app_file_store"`
	InstallType       string    `json:"install_type"`
	SupportOS         string    `json:"support_os"`
	Status            string    `json:"status"`
	ApplicationSource string    `json:"application_source"`
	CreateTime        string    `json:"create_time"`
	CatalogID         string    `json:"catalog_id"`
	Catalog           string    `json:"catalog"`
}

type fileStore struct {
	StoreType string `json:"store_type"`
	FileLink  string `json:"file_link"`
}

// pager returns a page and the total.
type pager func(offset, limit int) ([]any, int)

// paging is the part of a list's query that says which page.
type paging struct{ offset, limit int }

// query reads a list's parameters: each at most once, and only the documented ones.
func query(r *http.Request, allowed ...string) (values url.Values, p paging, field string) {
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, p, "query"
	}
	for key, list := range values {
		if !slices.Contains(allowed, key) || len(list) != 1 {
			return nil, p, key
		}
	}
	p.limit = defaultLimit
	if values.Has("offset") {
		if p.offset, err = strconv.Atoi(values.Get("offset")); err != nil || p.offset < 0 {
			return nil, p, "offset"
		}
	}
	if values.Has("limit") {
		if p.limit, err = strconv.Atoi(values.Get("limit")); err != nil || p.limit < 1 || p.limit > maxLimit {
			return nil, p, "limit"
		}
	}
	return values, p, ""
}

// listApps is ListApps.
func (b *Backend) listApps(w http.ResponseWriter, r *http.Request, project string) {
	values, p, field := query(r, "offset", "limit", "name")
	if field != "" {
		refuse(w, r, errParameter(field), "query parameter %s: %s", field, r.URL.RawQuery)
		return
	}
	name := values.Get("name")
	b.answerList(w, r, p, func(offset, limit int) ([]any, int) {
		b.mu.Lock()
		defer b.mu.Unlock()
		var found []*app
		for _, a := range b.order {
			if a.ProjectID == project && b.matches(a.Name, name) {
				found = append(found, a)
			}
		}
		var items []any
		for _, i := range b.window(len(found), offset, limit, project) {
			items = append(items, b.appItem(found[i]))
		}
		return items, len(found)
	})
}

func (b *Backend) appItem(a *app) appItem {
	out := appItem{
		ID: a.id, TenantID: a.ProjectID, Name: a.Name, Version: a.Version, Description: a.Description,
		AuthorizationType: a.AuthorizationType, AppFileStore: fileStore{StoreType: "LINK", FileLink: "https://downloads.example.com/" + a.id},
		InstallType: "QUIET_INSTALL", SupportOS: "Windows", Status: a.Status, ApplicationSource: a.ApplicationSource,
		CreateTime: "2025-01-02T03:04:05Z", CatalogID: "1", Catalog: "Office",
	}
	if b.switches.AppMode == AppModeOmitted {
		out.AuthorizationType = ""
	}
	return out
}

// listAuthorizations is ListAppAuthorizations.
func (b *Backend) listAuthorizations(w http.ResponseWriter, r *http.Request, project, appID string) {
	values, p, field := query(r, "offset", "limit", "name", "target_type", "assign_type")
	target, assign := values.Get("target_type"), values.Get("assign_type")
	if values.Has("target_type") && target != Simple && target != UserGroup {
		field = "target_type"
	}
	if values.Has("assign_type") && assign != AllUser && assign != AssignUser {
		field = "assign_type"
	}
	if field != "" {
		refuse(w, r, errParameter(field), "query parameter %s: %s", field, r.URL.RawQuery)
		return
	}
	b.mu.Lock()
	a, ok := b.apps[appID]
	ok = ok && a.ProjectID == project
	if ok {
		wire.Note(r, "app", a.Name)
	}
	b.mu.Unlock()
	if !ok {
		b.noApp(w, r, p)
		return
	}
	b.answerList(w, r, p, func(offset, limit int) ([]any, int) {
		b.mu.Lock()
		defer b.mu.Unlock()
		records := b.visible(a, values.Get("name"), target, assign)
		var items []any
		for _, i := range b.window(len(records), offset, limit, a.id) {
			items = append(items, b.item(records[i]))
		}
		count := len(records)
		if a.changed && b.switches.Count == CountLate && values.Get("name") == "" && target == "" && a.AuthorizationType == AssignUser {
			count, a.changed = a.before, false
		}
		return items, count
	})
}

// noApp answers the list of an app that doesn't exist.
func (b *Backend) noApp(w http.ResponseWriter, r *http.Request, p paging) {
	switch b.Switches().DeletedApp {
	case DeletedAppOtherCode:
		fail(w, errNotFound)
	case DeletedAppBadRequest:
		fail(w, errParameter("app_id"))
	case DeletedAppEmpty:
		b.answerList(w, r, p, func(int, int) ([]any, int) { return nil, 0 })
	default:
		fail(w, errAppNotFound)
	}
}

// visible returns the records that a list shows. Without filters it copies nothing.
func (b *Backend) visible(a *app, name, target, assign string) []record {
	if assign != "" && assign != a.AuthorizationType {
		return nil
	}
	if a.AuthorizationType == AllUser && b.switches.AllUserList != AllUserListRecords {
		return nil
	}
	all := a.records.all()
	if name == "" && target == "" {
		return all
	}
	var found []record
	for _, r := range all {
		who := b.accounts[r.id]
		if (target == "" || who.odd == "" && who.group == (target == UserGroup)) && b.matches(who.name, name) {
			found = append(found, r)
		}
	}
	return found
}

// matches tells whether a name passes the filter.
func (b *Backend) matches(name, filter string) bool {
	switch {
	case filter == "" || b.switches.NameFilter == NameFilterIgnored:
		return true
	case b.switches.NameFilter == NameFilterExact:
		return name == filter
	}
	return strings.Contains(strings.ToLower(name), strings.ToLower(filter))
}

// window returns the indexes of a page of n records in the order of the switch. A shuffled order is
// i -> (a*i + c) mod n with a prime to n, so that a page costs the same wherever it lies.
func (b *Backend) window(n, offset, limit int, of string) []int {
	a, c := 1, 0
	switch {
	case n < 2:
	case b.switches.ListOrder == ListOrderShuffled:
		seed := uint64(14695981039346656037)
		for i := range len(of) {
			seed = (seed ^ uint64(of[i])) * 1099511628211
		}
		a, c = coprime(n, seed), 1+int(seed%uint64(n-1))
	case b.switches.ListOrder == ListOrderUnstable:
		a, c = coprime(n, rand.Uint64()), rand.IntN(n)
	}
	var page []int
	for i := offset; i < min(offset+limit, n); i++ {
		page = append(page, (a*(i%n)+c)%n)
	}
	return page
}

// coprime returns a number from 1 to n-1 that has no divisor in common with n.
func coprime(n int, seed uint64) int {
	for a := 1 + int(seed%uint64(n-1)); ; a = a%(n-1) + 1 {
		x, y := a, n
		for y != 0 {
			x, y = y, x%y
		}
		if x == 1 {
			return a
		}
	}
}

// listProjects is KeystoneListProjects of IAM.
func (b *Backend) listProjects(w http.ResponseWriter, r *http.Request) {
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil || len(values["name"]) > 1 {
		refuse(w, r, errParameter("name"), "query %s", r.URL.RawQuery)
		return
	}
	name := values.Get("name")
	b.mu.Lock()
	found := []any{}
	for _, p := range b.projects {
		if name == "" || p.Name == name {
			found = append(found, projectItem(p, b.domainID))
		}
	}
	b.mu.Unlock()
	wire.Note(r, "name", name, "projects", len(found))
	self := "https://iam.example.com" + r.URL.RequestURI()
	wire.WriteJSON(w, http.StatusOK, map[string]any{
		"links":    map[string]any{"self": self, "next": nil, "previous": nil},
		"projects": found,
	})
}

func projectItem(p Project, domainID string) map[string]any {
	return map[string]any{
		"id": p.ID, "name": p.Name, "domain_id": domainID, "parent_id": domainID, "enabled": true, "is_domain": false,
		"description": "", "links": map[string]string{"self": "https://iam.example.com/v3/projects/" + p.ID},
	}
}
