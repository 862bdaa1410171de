// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
)

// Results that only applications, rules and JWT mappings have.
const (
	resultRuleNotFound            = 4
	resultRuleAlreadyExists       = 20
	resultJwtMappingNotFound      = 21
	resultJwtMappingAlreadyExists = 22
	resultScopeMismatch           = 23
)

// moreField is a field of a server that is newer than every page.
const moreField = "ReviewedBy"

const firstReviewer = "the installer"

// oauthOperations are what the server can do with rules, grants, JWT mappings and applications that
// are there.
func (b *Backend) oauthOperations() map[string]operation {
	all := map[string]operation{}
	for name, do := range map[string]func(*call) reply{
		UpdateApplication: b.updateApplication, CreateRule: b.createRule, UpdateRule: b.updateRule, GetRules: b.getRules, DeleteRule: b.deleteRule,
		DeleteRules: b.deleteRule, EnumerateGrants: b.enumerateGrants, GetGrants: b.getGrants, GrantCount: b.grantCount, UserCount: b.userCount,
		RevokeGrants: b.revokeGrants, CreateJwtMapping: b.createJwtMapping, UpdateJwtMapping: b.updateJwtMapping, GetJwtMapping: b.getJwtMapping,
		EnumerateJwtMappings: b.enumerateJwtMappings, DeleteJwtMapping: b.deleteJwtMapping, GetConfiguration: b.getConfiguration,
	} {
		all["/vedsdk/oauth/"+strings.ToLower(name)] = operation{name: name, method: http.MethodPost, do: do, scope: scopeAdmin}
	}
	return all
}

// moreFields names what an update may hold besides what the pages say.
func (b *Backend) moreFields() []string {
	if b.switches.MoreFields == Sent {
		return []string{moreField}
	}
	return nil
}

func (b *Backend) addMoreFields(entry map[string]any, value string) {
	if b.switches.MoreFields == Sent {
		entry[moreField] = value
	}
}

// defaultReview is what a new object has in the field that no page describes.
func (b *Backend) defaultReview(given string) string {
	if given == "" && b.switches.MoreFields == Sent {
		return firstReviewer
	}
	return given
}

// validity writes a validity: what never ends is null, and so is what the configuration decides.
func validity(given *int64) *int64 {
	if given == nil || *given == 0 {
		return nil
	}
	return given
}

// validities reads the three fields that applications and rules share; false when one has the wrong
// type. A null counts as the switch says, an absent one is the server's default.
func (b *Backend) validities(c *call, access, grant **int64, renewable **bool) bool {
	for _, field := range []struct {
		name     string
		into     **int64
		fallback int64
	}{
		{"AccessValidity", access, seconds(defaultAccessValidity, b.configuration.AccessTokenValiditySeconds)},
		{"GrantValidity", grant, seconds(defaultGrantValidity, b.configuration.GrantValiditySeconds)},
	} {
		raw, given := c.params[field.name]
		var n *int64
		if given && json.Unmarshal(raw, &n) != nil || n != nil && *n <= 0 {
			wire.Violate(c.r, "%s is no number of seconds", field.name)
			return false
		}
		switch {
		case n != nil:
		case given && b.switches.NullValidity == NullForever:
			n = new(int64)
		case b.switches.DefaultValidity == DefaultFilled || b.switches.NullValidity == NullForever:
			// Where null is for ever, what was left out can't read as null.
			n = &field.fallback
		}
		*field.into = n
	}
	if raw, given := c.params["Renewable"]; given && json.Unmarshal(raw, renewable) != nil {
		wire.Violate(c.r, "Renewable is no bool")
		return false
	}
	return true
}

// spellScope writes a scope as the switch says.
func (b *Backend) spellScope(text string) string {
	parts := strings.Split(text, ";")
	switch b.switches.ScopeSpelling {
	case ScopeUpper:
		return strings.ToUpper(text)
	case ScopeSpaced:
		return strings.ReplaceAll(strings.ReplaceAll(text, ";", "; "), ",", ", ")
	case ScopeReordered:
		for i, part := range parts {
			name, restrictions, restricted := strings.Cut(part, ":")
			if restricted {
				list := strings.Split(restrictions, ",")
				slices.Reverse(list)
				parts[i] = name + ":" + strings.Join(list, ",")
			}
		}
		slices.Reverse(parts)
	}
	return strings.Join(parts, ";")
}

// updateApplication answers "POST OAuth/UpdateApplication": the whole application is replaced, and
// what is left out gets its default.
func (b *Backend) updateApplication(c *call) reply {
	c.known("Application")
	var fields map[string]json.RawMessage
	if wire.DecodeStrict(c.params["Application"], &fields) != nil || fields == nil {
		wire.Violate(c.r, "Application is no object")
		return invalidRequest()
	}
	inner := &call{r: c.r, params: fields}
	inner.known(append([]string{
		"ID", "Name", "Description", "Vendor", "Url", "Scope", "MaximumScope", "AccessValidity", "GrantValidity", "Renewable", "UnusedExpiration",
	}, b.moreFields()...)...)
	values, complete := inner.required("ID")
	if !complete {
		return invalidRequest()
	}
	a := Application{ID: values[0], Restricted: true}
	for name, into := range map[string]*string{
		"Name": &a.Name, "Description": &a.Description, "Vendor": &a.Vendor, "Url": &a.URL, "Scope": &a.Scope, "MaximumScope": &a.MaximumScope,
		moreField: &a.ReviewedBy,
	} {
		value, isText := inner.text(name)
		if !isText {
			return invalidRequest()
		}
		*into = value
	}
	if raw, given := fields["UnusedExpiration"]; given && json.Unmarshal(raw, &a.UnusedExpirationSeconds) != nil ||
		!b.validities(inner, &a.AccessValiditySeconds, &a.GrantValiditySeconds, &a.Renewable) {
		wire.Violate(c.r, "a field of Application has the wrong type")
		return invalidRequest()
	}
	wire.Note(c.r, "application", a.ID)
	for _, scope := range []string{a.Scope, a.MaximumScope} {
		if _, err := parseScope(scope); err != nil && scope != "" {
			wire.Violate(c.r, "%v", err)
			return failed(c, resultInvalidParameters, "The scope is malformed")
		}
	}
	if c.caller.global != Admin && c.caller.applications[a.ID] == User {
		return b.denied(c)
	}
	before := b.byID[a.ID]
	if before == nil {
		return failed(c, resultApplicationNotFound, "The application was not found")
	}
	a.Restricted = before.Restricted
	if c.fault != FaultIgnoredWrite {
		*before = a
	}
	return b.success(nil)
}

// Rules returns the rules that are there, in the order in which they were made.
func (b *Backend) Rules() []Rule {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.rules.all()
}

// AddRules makes rules out of band; those that are there already are left as they are. Lists show
// them at once.
func (b *Backend) AddRules(rules ...Rule) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, rule := range rules {
		if err := rule.check(); err != nil {
			return err
		}
	}
	for _, rule := range rules {
		b.rules.add(rule, 0)
		if application := b.byID[rule.ApplicationID]; application != nil {
			application.Restricted = true
		}
	}
	return nil
}

// RemoveRule deletes a rule out of band; false when there is none.
func (b *Backend) RemoveRule(application, trustee string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.rules.remove(application, trustee, 0)
}

// Applications returns copies of the applications.
func (b *Backend) Applications() []Application { return b.Snapshot().Applications }

// JwtMappings returns copies of the JWT mappings, without their secrets.
func (b *Backend) JwtMappings() []JwtMapping { return b.Snapshot().JwtMappings }
