// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package chaos

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/appaccess/terraform-provider-appaccess/internal/acctest/core"
)

// records are all that the server has of this estate, by "type/id".
func (r *registry) records() map[string]record {
	out := map[string]record{}
	seconds := func(n *int64, otherwise int64) string {
		if n == nil {
			n = &otherwise
		}
		return fmt.Sprint(*n)
	}
	for _, a := range r.mock.Applications() {
		if strings.HasPrefix(a.ID, registered) {
			out[oauthApplication+"/"+a.ID] = record{
				"name": a.Name, "vendor": a.Vendor, "description": a.Description, "url": a.URL, "scope": normal("scope", a.Scope),
				"maximum_scope": normal("scope", a.MaximumScope), "access_validity": seconds(a.AccessValiditySeconds, 90*86_400),
				"grant_validity": seconds(a.GrantValiditySeconds, 365*86_400), "unused_expiration": seconds(a.UnusedExpirationSeconds, 0),
				"renewable": fmt.Sprint(a.Renewable == nil || *a.Renewable), "more": a.ReviewedBy,
			}
		}
	}
	for _, m := range r.mock.JwtMappings() {
		if strings.HasPrefix(m.Name, registered) {
			out[jwtMapping+"/"+m.Name] = record{
				"issuer_uri": m.IssuerURI, "jwks_uri": m.JwksURI, "purpose_field": m.PurposeField, "purpose_match": m.PurposeMatch, "id_field": m.IDField,
				"id_match": m.IDMatch, "grantee": normal("grantee", m.Grantee), "more": m.ReviewedBy,
			}
		}
	}
	return out
}

// normal is an attribute's value in the form of a record.
func normal(name string, value any) string {
	text := fmt.Sprint(value)
	switch {
	case strings.HasSuffix(name, "scope"):
		return strings.Join(slices.Sorted(maps.Keys(atoms(text))), " ")
	case strings.HasSuffix(name, "_validity"), strings.HasSuffix(name, "_expiration"):
		d, _ := time.ParseDuration(text)
		return fmt.Sprint(int64(d / time.Second))
	case name == "grantee":
		return strings.TrimPrefix(folded(key("", "", text)), "//")
	}
	return text
}

// differs is an attribute that a record says otherwise than a configuration or a state, "" for
// none.
func (is record) differs(says map[string]any) string {
	for _, name := range slices.Sorted(maps.Keys(says)) {
		if value, known := is[name]; known && says[name] != nil && normal(name, says[name]) != value {
			return name
		}
	}
	return ""
}

func keyOf(a core.Address, object *core.Object) string {
	id, _ := object.Attributes()[idOf[a.Type]].(string)
	return a.Type + "/" + id
}

// inState are the resources of this estate in a state, by "type/id".
func (r *registry) inState(state core.State) map[string]*core.Object {
	out := map[string]*core.Object{}
	for a, object := range state {
		if idOf[a.Type] != "" {
			out[keyOf(a, object)] = object
		}
	}
	return out
}

func (r *registry) read(object *core.Object, a core.Address) error {
	if idOf[a.Type] == "" {
		return nil
	}
	is, there := r.records()[keyOf(a, object)]
	if !there {
		return fmt.Errorf("%s is gone, and the state has it", keyOf(a, object))
	}
	if name := is.differs(object.Attributes()); name != "" {
		return fmt.Errorf("%s has %s = %q, and the state says %q", keyOf(a, object), name, is[name], object.Attributes()[name])
	}
	return nil
}

func (r *registry) applied(before, after core.State, killed bool) error {
	had, has, records := r.inState(before), r.inState(after), r.records()
	for k := range r.was {
		if records[k] == nil && had[k] == nil {
			return fmt.Errorf("%s is gone, which is in no state", k)
		}
	}
	for k, is := range records {
		was, there := r.was[k]
		r.ours[k] = r.ours[k] || has[k] != nil
		switch {
		case !there && has[k] == nil && !killed:
			return fmt.Errorf("%s was made, and is in no state", k)
		case there && had[k] == nil && has[k] != nil:
			return fmt.Errorf("%s was there, and the apply took it into the state", k)
		case there && had[k] == nil && has[k] == nil && !maps.Equal(was, is):
			return fmt.Errorf("%s was %v and is %v, and is in no state", k, was, is)
		case had[k] != nil && has[k] == nil && !killed:
			return fmt.Errorf("%s is left, and in no state any more", k)
		case !there || had[k] == nil || had[k].Tainted:
			continue
		}
		named := map[string]any{}
		for _, e := range r.entries {
			if e.present && e.key() == k {
				named = e.wants()
			}
		}
		for name := range is {
			// What changed since the plan goes back to what the plan says.
			planned := had[k].Attributes()[name]
			if _, wanted := named[name]; !wanted && is[name] != was[name] && (planned == nil || is[name] != normal(name, planned)) {
				return fmt.Errorf("%s had %s = %q, which no configuration names, and has %q", k, name, was[name], is[name])
			}
		}
	}
	maps.DeleteFunc(r.ours, func(k string, _ bool) bool { return records[k] == nil || has[k] == nil && killed })
	return nil
}

func (r *registry) converged() error {
	records, wanted := r.records(), names{}
	for _, e := range r.entries {
		if !e.present {
			continue
		}
		wanted[e.key()] = true
		is, there := records[e.key()]
		if !there {
			return fmt.Errorf("%s: %s is not there", e.Address, e.key())
		}
		if name := is.differs(e.wants()); name != "" {
			return fmt.Errorf("%s: %s has %s = %q, want %v", e.Address, e.key(), name, is[name], e.wants()[name])
		}
	}
	for k, ours := range r.ours {
		if ours && !wanted[k] {
			return fmt.Errorf("%s is still there, and nothing asks for it any more", k)
		}
	}
	return nil
}
