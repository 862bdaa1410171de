// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"unicode/utf8"
)

// The values of an app's mode, and of an account's type on the wire.
const (
	AllUser    = "ALL_USER"
	AssignUser = "ASSIGN_USER"
	Simple     = "SIMPLE"
	UserGroup  = "USER_GROUP"
	// NoType is the type of an account that is listed without one.
	NoType = "none"
)

// Seed is the whole data of the mock, in a form that a person can edit.
type Seed struct {
	// DomainID is the tenant in the answers of IAM.
	DomainID    string       `json:"domain_id,omitempty"`
	Credentials []Credential `json:"credentials"`
	Projects    []Project    `json:"projects"`
	// Directory holds the users and groups that exist, by domain. Left empty, everybody exists.
	Directory map[string]Domain `json:"directory,omitempty"`
	// Apps by id.
	Apps map[string]App `json:"apps"`
	// Identities are what there is besides key pairs, to get temporary ones.
	Identities Identities `json:"identities,omitzero"`
}

// Credential is a key pair; one with a security token is temporary.
type Credential struct {
	AccessKey string `json:"access_key"`
	// SecretKey and SecurityToken are blank in a snapshot; restoring a blank secret key keeps both
	// as they were.
	SecretKey     string `json:"secret_key,omitempty"`
	SecurityToken string `json:"security_token,omitempty"`
	// Deny lists operations that are answered 403.
	Deny []string `json:"deny,omitempty"`
}

// Project is a project of IAM. Two may have the same name.
type Project struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Domain lists who exists in a domain.
type Domain struct {
	Users  []string `json:"users,omitempty"`
	Groups []string `json:"groups,omitempty"`
	// Members map users to the one of their groups that [AccountOnReadOwnGroup] shows.
	Members map[string]string `json:"members,omitempty"`
}

// App is an application and who is authorized.
type App struct {
	// ProjectID may be left out where there is one project only.
	ProjectID   string `json:"project_id,omitempty"`
	Name        string `json:"name"`
	Version     string `json:"version,omitempty"`
	Description string `json:"description,omitempty"`
	// AuthorizationType is ALL_USER or ASSIGN_USER, the default.
	AuthorizationType string `json:"authorization_type,omitempty"`
	// Status is NORMAL, the default, or FORBIDDEN.
	Status string `json:"status,omitempty"`
	// ApplicationSource is CUSTOM, the default, SYSTEM or MARKET.
	ApplicationSource string `json:"application_source,omitempty"`
	// Users and UserGroups map domain to account to platform type (AD, LOCAL, or "" for none).
	Users      map[string]map[string]string `json:"users,omitempty"`
	UserGroups map[string]map[string]string `json:"user_groups,omitempty"`
	// OtherTypes holds the same for account types that nobody documented, by type; [NoType] is
	// none.
	OtherTypes map[string]map[string]map[string]string `json:"other_types,omitempty"`
}

// byType returns the accounts of an app by account type.
func (a App) byType() map[string]map[string]map[string]string {
	all := map[string]map[string]map[string]string{Simple: a.Users, UserGroup: a.UserGroups}
	maps.Copy(all, a.OtherTypes)
	return all
}

// app is an application at work.
type app struct {
	App     // without the accounts
	id      string
	records records
	// before is how many accounts the app had before its last change; changed is reset by the list
	// that says so.
	before  int
	changed bool
}

// Snapshot returns a copy of the data as it is now, without secrets.
func (b *Backend) Snapshot() Seed {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.snapshot()
}

// Restore replaces the data. Locks of key pairs and used quota live on. The error names what is
// wrong in the seed; the data is then unchanged.
func (b *Backend) Restore(seed Seed) error {
	return b.Update(func(Seed) (Seed, error) { return seed, nil })
}

// Update replaces the data by what edit makes of a snapshot. No request comes between the two.
func (b *Backend) Update(edit func(Seed) (Seed, error)) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	seed, err := edit(b.snapshot())
	if err != nil {
		return err
	}
	seed.Credentials = slices.Clone(seed.Credentials)
	for i, c := range seed.Credentials {
		if old, ok := b.credentials[c.AccessKey]; ok && c.SecretKey == "" {
			seed.Credentials[i].SecretKey, seed.Credentials[i].SecurityToken = old.SecretKey, old.SecurityToken
		}
	}
	seed.Identities = seed.Identities.completed(b.identities)
	if err := seed.complete(); err != nil {
		return fmt.Errorf("%s seed: %w", ServiceName, err)
	}
	b.load(seed)
	return nil
}

func (b *Backend) snapshot() Seed {
	s := Seed{DomainID: b.domainID, Projects: slices.Clone(b.projects), Apps: map[string]App{}, Identities: b.identities.hidden()}
	for _, key := range slices.Sorted(maps.Keys(b.credentials)) {
		c := b.credentials[key]
		c.SecretKey, c.SecurityToken = "", ""
		s.Credentials = append(s.Credentials, c)
	}
	if len(b.directory) > 0 {
		s.Directory = map[string]Domain{}
	}
	for _, a := range b.directory {
		d := s.Directory[a.domain]
		if a.group {
			d.Groups = append(d.Groups, a.name)
		} else {
			d.Users = append(d.Users, a.name)
		}
		s.Directory[a.domain] = d
	}
	for domain, d := range s.Directory {
		slices.Sort(d.Users)
		slices.Sort(d.Groups)
		for _, name := range d.Users {
			if group := b.memberOf[b.key(account{domain: domain, name: name})]; group != "" {
				if d.Members == nil {
					d.Members = map[string]string{}
				}
				d.Members[name] = group
			}
		}
		s.Directory[domain] = d
	}
	for _, a := range b.order {
		s.Apps[a.id] = b.snapshotApp(a)
	}
	return s
}

func (b *Backend) snapshotApp(a *app) App {
	out := a.App
	for _, r := range a.records.all() {
		who := b.accounts[r.id]
		into := &out.Users
		switch {
		case who.odd != "":
			if out.OtherTypes == nil {
				out.OtherTypes = map[string]map[string]map[string]string{}
			}
			if out.OtherTypes[who.odd] == nil {
				out.OtherTypes[who.odd] = map[string]map[string]string{}
			}
			into = new(out.OtherTypes[who.odd])
		case who.group:
			into = &out.UserGroups
		}
		if *into == nil {
			*into = map[string]map[string]string{}
		}
		if (*into)[who.domain] == nil {
			(*into)[who.domain] = map[string]string{}
		}
		(*into)[who.domain][who.name] = platformNames[r.platform]
	}
	return out
}

// load takes over a seed that is complete.
func (b *Backend) load(seed Seed) {
	b.domainID = seed.DomainID
	b.credentials = map[string]Credential{}
	for _, c := range seed.Credentials {
		b.credentials[c.AccessKey] = c
	}
	b.projects, b.identities = slices.Clone(seed.Projects), seed.Identities
	b.directory, b.memberOf = map[account]account{}, map[account]string{}
	for domain, d := range seed.Directory {
		for _, name := range d.Users {
			a := account{domain: domain, name: name}
			b.directory[b.key(a)] = a
		}
		for _, name := range d.Groups {
			a := account{group: true, domain: domain, name: name}
			b.directory[b.key(a)] = a
		}
		for name, group := range d.Members {
			b.memberOf[b.key(account{domain: domain, name: name})] = group
		}
	}
	b.accounts, b.ids = nil, map[account]accountID{}
	b.apps, b.order = map[string]*app{}, nil
	// Maps have no order: lists begin in the order of the names.
	ids := slices.SortedFunc(maps.Keys(seed.Apps), func(x, y string) int {
		return cmp.Or(cmp.Compare(seed.Apps[x].Name, seed.Apps[y].Name), cmp.Compare(x, y))
	})
	for _, id := range ids {
		b.addApp(id, seed.Apps[id])
	}
}

func (b *Backend) addApp(id string, a App) {
	loaded := &app{App: a, id: id}
	loaded.Users, loaded.UserGroups, loaded.OtherTypes = nil, nil, nil
	accounts := a.byType()
	for _, accountType := range slices.Sorted(maps.Keys(accounts)) {
		domains := accounts[accountType]
		for _, domain := range slices.Sorted(maps.Keys(domains)) {
			for _, name := range slices.Sorted(maps.Keys(domains[domain])) {
				number := b.intern(Account{Type: accountType, Domain: domain, Name: name}.identity())
				if loaded.records.get(number) == nil {
					p := platform(slices.Index(platformNames[:], domains[domain][name]))
					loaded.records.add(record{id: number, platform: p})
				}
			}
		}
	}
	b.apps[id] = loaded
	b.order = append(b.order, loaded)
}

// complete fills in defaults and refuses what the service itself could not hold.
func (s *Seed) complete() error {
	keys := map[string]bool{}
	for _, c := range s.Credentials {
		if c.AccessKey == "" || c.SecretKey == "" || keys[c.AccessKey] {
			return errors.New("credentials: every access_key is needed once, with its secret_key")
		}
		keys[c.AccessKey] = true
	}
	for name, d := range s.Directory {
		for user, group := range d.Members {
			if !slices.Contains(d.Users, user) || !slices.Contains(d.Groups, group) {
				return fmt.Errorf("directory: %s: %s as a member of %s needs both in users and groups", name, user, group)
			}
		}
	}
	ids := map[string]bool{}
	for _, p := range s.Projects {
		if p.ID == "" || p.Name == "" || ids[p.ID] {
			return errors.New("projects: every project needs a name and an id of its own")
		}
		ids[p.ID] = true
	}
	apps := maps.Clone(s.Apps)
	for id, a := range apps {
		if a.ProjectID == "" && len(s.Projects) == 1 {
			a.ProjectID = s.Projects[0].ID
		}
		if err := a.complete(); err != nil {
			return fmt.Errorf("app %s: %w", id, err)
		}
		if !ids[a.ProjectID] {
			return fmt.Errorf("app %s: project_id %q is none of the projects", id, a.ProjectID)
		}
		apps[id] = a
	}
	s.Apps = apps
	return nil
}

func (a *App) complete() error {
	a.AuthorizationType = cmp.Or(a.AuthorizationType, AssignUser)
	a.Status = cmp.Or(a.Status, "NORMAL")
	a.ApplicationSource = cmp.Or(a.ApplicationSource, "CUSTOM")
	a.Version = cmp.Or(a.Version, "1.0")
	switch {
	case a.Name == "":
		return errors.New("name is missing")
	case a.AuthorizationType != AllUser && a.AuthorizationType != AssignUser:
		return fmt.Errorf("authorization_type is %s or %s", AllUser, AssignUser)
	}
	for _, documented := range []string{"", Simple, UserGroup} {
		if _, ok := a.OtherTypes[documented]; ok {
			return fmt.Errorf("other_types: %q is none; no type is %q", documented, NoType)
		}
	}
	for _, domains := range a.byType() {
		for domain, accounts := range domains {
			if n := utf8.RuneCountInString(domain); n < 1 || n > 64 {
				return fmt.Errorf("domain %q has not 1 to 64 characters", domain)
			}
			for name, platform := range accounts {
				if n := utf8.RuneCountInString(name); n < 1 || n > 128 {
					return fmt.Errorf("account %q has not 1 to 128 characters", name)
				}
				if !slices.Contains(platformNames[:], platform) {
					return fmt.Errorf("platform type of %s/%s is AD, LOCAL or empty", domain, name)
				}
			}
		}
	}
	return nil
}
