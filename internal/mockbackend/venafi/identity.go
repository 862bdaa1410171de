// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import (
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
)

var guid = regexp.MustCompile(`(?i)^\{?([0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12})\}?$`)

// foldGrantee makes two spellings of one identity equal: the prefix is without case, a GUID without
// case and braces. What is no GUID counts letter by letter.
func foldGrantee(grantee string) string {
	prefix, universal, found := strings.Cut(grantee, ":")
	if !found {
		return grantee
	}
	if m := guid.FindStringSubmatch(universal); m != nil {
		universal = strings.ToLower(m[1])
	}
	return strings.ToLower(prefix) + ":" + universal
}

// directory finds identities.
type directory struct {
	list        []*Identity
	byUniversal map[string]*Identity // folded
	byName      map[string]*Identity // prefixed name in lower case
	memberOf    map[string][]string  // folded member to folded groups
}

func newDirectory(identities []Identity) *directory {
	d := &directory{byUniversal: map[string]*Identity{}, byName: map[string]*Identity{}, memberOf: map[string][]string{}}
	for _, identity := range identities {
		d.add(identity)
	}
	return d
}

func (d *directory) add(identity Identity) {
	identity.Members = slices.Clone(identity.Members)
	i := &identity
	d.list = append(d.list, i)
	d.byUniversal[foldGrantee(i.PrefixedUniversal())] = i
	d.byName[strings.ToLower(i.PrefixedName())] = i
	for _, member := range i.Members {
		key := foldGrantee(member)
		d.memberOf[key] = append(d.memberOf[key], foldGrantee(i.PrefixedUniversal()))
	}
}

// universal returns the identity with a prefixed universal ID, whatever its spelling.
func (d *directory) universal(id string) *Identity { return d.byUniversal[foldGrantee(id)] }

// named returns the identity with a prefixed name, or with a name alone: of several, the local one
// comes first.
func (d *directory) named(name string) *Identity {
	if identity := d.byName[strings.ToLower(name)]; identity != nil {
		return identity
	}
	if identity := d.byName["local:"+strings.ToLower(name)]; identity != nil {
		return identity
	}
	return d.find(func(i *Identity) bool { return strings.EqualFold(i.Name, name) })
}

func (d *directory) find(is func(*Identity) bool) *Identity {
	if i := slices.IndexFunc(d.list, is); i >= 0 {
		return d.list[i]
	}
	return nil
}

// groups returns the folded ids of an identity and of all groups that it is in, directly or not.
func (d *directory) groups(folded string) []string {
	all := []string{folded}
	for i := 0; i < len(all); i++ {
		for _, group := range d.memberOf[all[i]] {
			if !slices.Contains(all, group) {
				all = append(all, group)
			}
		}
	}
	return all
}

// identityEntry is an identity as the API writes it. See the vendor page "Identity Information".
type identityEntry struct {
	FullName          string
	IsGroup           bool `json:",omitempty"`
	Name              string
	Prefix            string
	PrefixedName      string
	PrefixedUniversal string
	State             int `json:",omitempty"`
	Type              int
	Universal         string
}

// Flags of an identity entry.
const (
	typeUser          = 1
	typeSecurityGroup = 2
	stateDisabled     = 1
)

func entry(i *Identity) identityEntry {
	e := identityEntry{
		FullName: i.FullName, IsGroup: i.IsGroup, Name: i.Name, Prefix: i.Prefix, PrefixedName: i.PrefixedName(),
		PrefixedUniversal: i.PrefixedUniversal(), Universal: i.Universal, Type: i.kind(),
	}
	if i.Disabled {
		e.State = stateDisabled
	}
	return e
}

func (i *Identity) kind() int {
	if i.IsGroup {
		return typeSecurityGroup
	}
	return typeUser
}

// validate answers "POST Identity/Validate".
func (b *Backend) validate(c *call) reply {
	c.known("ID")
	var id struct {
		PrefixedUniversal, PrefixedName string
	}
	raw := c.params["ID"]
	if err := wire.DecodeStrict(raw, &id); err != nil || string(raw) == "null" || (id.PrefixedUniversal == "") == (id.PrefixedName == "") {
		wire.Violate(c.r, "ID is no object with either PrefixedUniversal or PrefixedName: %v", err)
		return invalidRequest()
	}
	wire.Note(c.r, "id", id.PrefixedUniversal+id.PrefixedName)
	identity := b.directory.byName[strings.ToLower(id.PrefixedName)]
	if id.PrefixedName == "" {
		identity = b.directory.universal(id.PrefixedUniversal)
	}
	if identity != nil {
		return ok(map[string]any{"ID": entry(identity)})
	}
	switch b.switches.UnknownIdentity {
	case IdentityObject:
		return ok(map[string]any{})
	case IdentityNull:
		return ok(map[string]any{"ID": nil})
	}
	return reply{status: http.StatusOK}
}

// defaultLimit is how many identities of a provider a browse answers that names no limit.
func defaultLimit(prefix string) int {
	switch {
	case strings.HasPrefix(prefix, "AD"):
		return 250
	case strings.HasPrefix(prefix, "LDAP"):
		return 500
	}
	return 50
}

// browse answers "POST Identity/Browse": the identities of the caller's own provider and the local
// one whose name begins with the filter, up to a limit for each provider.
func (b *Backend) browse(c *call) reply {
	c.known("Filter", "Limit", "IdentityType", "Container")
	filter, okFilter := c.text("Filter")
	limit, okLimit := c.number("Limit", 0)
	kind, okKind := c.number("IdentityType", typeUser|typeSecurityGroup)
	if !okFilter || !okLimit || !okKind || limit < 0 {
		return invalidRequest()
	}
	self := b.directory.universal(c.session.identity)
	found := []identityEntry{}
	counts := map[string]int{}
	for _, identity := range b.directory.list {
		mine := identity.Prefix == "local" || self != nil && identity.Prefix == self.Prefix
		begins := len(identity.Name) >= len(filter) && strings.EqualFold(identity.Name[:len(filter)], filter)
		exact := identity.Email != "" && strings.EqualFold(identity.Email, filter)
		atMost := limit
		if limit == 0 {
			atMost = defaultLimit(identity.Prefix)
		}
		if mine && (begins || exact) && identity.kind()&kind != 0 && counts[identity.Prefix] < atMost {
			counts[identity.Prefix]++
			found = append(found, entry(identity))
		}
	}
	wire.Note(c.r, "filter", filter, "found", len(found))
	return ok(map[string]any{"Identities": found})
}

// self answers "GET Identity/Self": the caller first, then the caller's groups.
func (b *Backend) self(c *call) reply {
	found := []identityEntry{}
	all := b.directory.groups(foldGrantee(c.session.identity))
	if b.switches.SelfGroups == GroupsHidden {
		all = all[:1]
	}
	for _, id := range all {
		if identity := b.directory.byUniversal[id]; identity != nil {
			found = append(found, entry(identity))
		}
	}
	return ok(map[string]any{"Identities": found})
}

// text returns a JSON string; false when it is anything else. Nothing and null are "".
func text(raw json.RawMessage) (string, bool) {
	if len(raw) == 0 || string(raw) == "null" {
		return "", true
	}
	var s string
	return s, json.Unmarshal(raw, &s) == nil
}
