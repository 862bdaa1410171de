// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package chaos

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/appaccess/terraform-provider-appaccess/internal/acctest/core"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/venafi"
)

const (
	oauthApplication = "appaccess_venafi_oauth_application"
	jwtMapping       = "appaccess_venafi_oauth_jwt_mapping"
	registered       = "registered-" // how the ids of this estate begin: trusts have applications of their own
)

// idOf is the attribute that names one.
var idOf = map[string]string{oauthApplication: "application_id", jwtMapping: "name"}

// registry is what is registered with Venafi in a world: applications and JWT mappings. Each
// resource goes from one id to another now and then, which replaces it.
type registry struct {
	w       *world
	dice    *rand.Rand
	mock    *venafi.Backend
	entries []*entry

	ours names             // "type/id" that are there because of Terraform
	was  map[string]record // before the apply
}

// record is what one of them says, by the names of the attributes and in a form in which what means
// the same is equal. What a newer server knows besides is in it, too.
type record map[string]string

// entry is one resource of the configuration.
type entry struct {
	core.Address
	ids             [2]string
	second, present bool
	unknown         bool
	says            map[string]any
}

func (e *entry) id() string {
	if e.second {
		return e.ids[1]
	}
	return e.ids[0]
}

func (e *entry) key() string { return e.Type + "/" + e.id() }

// wants is what the server has to say. A mapping that names no grantee takes the identity from the
// token, and has none.
func (e *entry) wants() map[string]any {
	wants := maps.Clone(e.says)
	if wants["grantee"] == nil && e.Type == jwtMapping {
		wants["grantee"] = ""
	}
	return wants
}

// newRegistry has dice of its own, and the switches are those of newTrust.
func newRegistry(w *world) *registry {
	r := &registry{w: w, dice: rand.New(rand.NewPCG(w.seed, 0x4e6157)), mock: w.mock.Venafi, ours: names{}}
	for i := range 1 + r.dice.IntN(3) {
		e := &entry{Address: core.Address{Type: []string{oauthApplication, jwtMapping}[r.dice.IntN(2)], Name: fmt.Sprintf("entry%d", i)}}
		for j := range e.ids {
			e.ids[j] = fmt.Sprintf("%s%d-%d", registered, i, j)
		}
		r.entries = append(r.entries, e)
	}
	for kind := range idOf {
		r.add(kind, registered+"others")
	}
	return r
}

func (r *registry) one(n int) bool { return r.dice.IntN(100) < n }

func (r *registry) pick(of ...string) string { return of[r.dice.IntN(len(of))] }

// add lets somebody make one, with values for all that the server would choose.
func (r *registry) add(kind, id string) {
	reviewed, day := "", int64(86_400)
	if r.mock.Switches().MoreFields == venafi.Sent {
		reviewed = "a stranger"
	}
	renewable := true
	var err error
	if kind == oauthApplication {
		err = r.mock.AddApplication(venafi.Application{
			ID: id, Name: "Theirs", Vendor: "Others", Description: strangersReason, URL: "https://others.example.com", Scope: "certificate", MaximumScope: widest,
			AccessValiditySeconds: &day, GrantValiditySeconds: &day, UnusedExpirationSeconds: &day, Renewable: &renewable, Restricted: true, ReviewedBy: reviewed,
		})
	} else {
		err = r.mock.AddJwtMapping(venafi.JwtMapping{
			Name: id, IssuerURI: "https://" + id + ".example.com", PurposeField: "aud", PurposeMatch: "theirs", IDField: "sub", IDMatch: "^(.*)$", ReviewedBy: reviewed,
		})
	}
	if err != nil {
		r.w.t.Fatal(err)
	}
}

func (r *registry) edit(core.State) {
	for _, e := range r.entries {
		if !e.present || r.one(10) {
			e.present = !e.present
		}
		if r.one(15) {
			e.second = !e.second
		}
		if e.says == nil || r.one(50) {
			e.says = r.says(e)
		}
		if e.unknown = r.one(10); e.present {
			r.w.note("%s: %s %v unknown=%t", e.Address, e.id(), e.says, e.unknown)
		}
	}
}

// says draws a configuration: all that the server wants to hear, and now and then what it would
// choose itself.
func (r *registry) says(e *entry) map[string]any {
	if e.Type == jwtMapping {
		says := map[string]any{
			"issuer_uri": "https://" + e.Name + ".example.com", "purpose_field": "aud", "purpose_match": r.pick("https://tpp.example.com", "tpp"), "id_field": "sub",
			"id_match": r.pick("^(.*)$", "^(a|b)$"),
		}
		if r.one(50) {
			says["id_match"], says["grantee"] = "^project$", people(crowd)[r.dice.IntN(crowd)].PrefixedUniversal()
		}
		if r.one(30) && r.mock.Switches().JwksURI != venafi.Ignored {
			says["jwks_uri"] = "https://" + e.Name + ".example.com/keys"
		}
		return says
	}
	says := map[string]any{
		"name": r.pick("One", "Another"), "vendor": "Example Corp", "description": r.pick("Builds", "Releases"), "url": "https://ci.example.com",
		"scope": r.pick("certificate", "certificate:discover"), "maximum_scope": r.pick(widest, "certificate:manage,discover;configuration"),
	}
	for _, name := range []string{"access_validity", "grant_validity", "unused_expiration"} {
		if r.one(30) {
			says[name] = r.pick("24h", "2160h", "90m")
		}
	}
	if r.one(30) {
		says["renewable"] = r.one(50)
	}
	return says
}

func (r *registry) resources() []core.Resource {
	var out []core.Resource
	for _, e := range r.entries {
		if !e.present {
			continue
		}
		attributes := maps.Clone(e.says)
		attributes[idOf[e.Type]] = e.id()
		resource := core.Resource{Address: e.Address, Attributes: attributes}
		if e.unknown {
			resource.Unknown = []string{map[string]string{oauthApplication: "description", jwtMapping: "purpose_match"}[e.Type]}
		}
		out = append(out, resource)
	}
	return out
}

func (r *registry) meddle() {
	all := slices.Sorted(maps.Keys(r.records()))
	k := r.pick(all...)
	kind, id, _ := strings.Cut(k, "/")
	switch r.dice.IntN(4) {
	case 0:
		r.w.note("somebody changes %s", k)
		r.change(kind, id)
	case 1:
		if !r.one(40) {
			return
		}
		r.remove(kind, id)
		if len(all) == 1 {
			r.add(kind, registered+"others")
		}
	case 2:
		e := r.entries[r.dice.IntN(len(r.entries))]
		if id := e.ids[r.dice.IntN(2)]; r.one(30) && r.records()[e.Type+"/"+id] == nil {
			r.w.note("somebody makes %s/%s", e.Type, id)
			r.add(e.Type, id)
		}
	}
}

func (r *registry) remove(kind, id string) {
	r.w.note("somebody deletes %s/%s", kind, id)
	remove := r.mock.RemoveJwtMapping
	if kind == oauthApplication {
		remove = r.mock.RemoveApplication
	}
	if err := remove(id); err != nil {
		r.w.t.Fatal(err)
	}
	delete(r.ours, kind+"/"+id)
}

// clear makes room for a resource that goes over to an id which somebody has taken.
func (r *registry) clear(a core.Address, id string) {
	if idOf[a.Type] == "" {
		return
	}
	if object := r.w.tf.State[a]; object != nil && keyOf(a, object) == a.Type+"/"+id {
		r.w.t.Errorf("%s is refused, since %s exists already: the state holds that", a, id)
	}
	r.remove(a.Type, id)
}

// change lets somebody edit one in the console, and sign for it on a newer server.
func (r *registry) change(kind, id string) {
	reviewed := map[bool]string{true: "somebody"}[r.mock.Switches().MoreFields == venafi.Sent]
	err := error(nil)
	for _, a := range r.mock.Applications() {
		if kind == oauthApplication && a.ID == id {
			week := int64(7 * 86_400)
			a.Description, a.MaximumScope, a.ReviewedBy, a.GrantValiditySeconds = r.pick("Builds", "Changed"), r.pick(scopes...), reviewed, &week
			err = r.mock.AddApplication(a)
		}
	}
	for _, m := range r.mock.JwtMappings() {
		if kind == jwtMapping && m.Name == id {
			m.PurposeMatch, m.ReviewedBy = r.pick("tpp", "changed"), reviewed
			err = r.mock.AddJwtMapping(m)
		}
	}
	if err != nil {
		r.w.t.Fatal(err)
	}
}

func (r *registry) mend() {
	for _, e := range r.entries {
		e.unknown = false
	}
}

func (r *registry) demolish() {
	for _, e := range r.entries {
		e.present = false
	}
}

func (r *registry) begin() { r.was = r.records() }
