// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/rest"
	"github.com/appaccess/terraform-provider-appaccess/internal/api/shared"
)

// Rule says that a trustee, a user or a group, may get tokens for an application (vendor page "POST
// OAuth/CreateRule").
type Rule struct {
	ApplicationID string
	// Trustee is a prefixed universal ID.
	Trustee, MaximumScope, Description string
	// Validities in seconds; nil where the server names none.
	AccessValidity, GrantValidity *int64
	Renewable                     *bool

	all object
}

// String names the rule in errors.
func (r Rule) String() string {
	return fmt.Sprintf("the rule of %s on application %q", r.Trustee, r.ApplicationID)
}

func newRule(all object, raw json.RawMessage) (Rule, bool) {
	var wire struct {
		ApplicationID rest.Text `json:"ApplicationId"`

		TrusteePrefixedUniversal, MaximumScope, Description rest.Text
		AccessValidity, GrantValidity                       rest.Number
		Renewable                                           flag
	}
	if json.Unmarshal(raw, &wire) != nil || wire.TrusteePrefixedUniversal == "" {
		return Rule{}, false
	}
	return Rule{
		ApplicationID: string(wire.ApplicationID), Trustee: string(wire.TrusteePrefixedUniversal), MaximumScope: string(wire.MaximumScope),
		Description: string(wire.Description), AccessValidity: seconds(wire.AccessValidity), GrantValidity: seconds(wire.GrantValidity),
		Renewable: wire.Renewable.value, all: all,
	}, true
}

func (r Rule) fields() map[string]any {
	fields := map[string]any{
		"ApplicationId": r.ApplicationID, "TrusteePrefixedUniversal": r.Trustee, "MaximumScope": bareScope(r.MaximumScope), "Description": r.Description,
	}
	addValidities(fields, r.AccessValidity, r.GrantValidity, r.Renewable)
	return fields
}

// Like tells whether the server has the rule that is wanted; nil wants nothing, and scopes are
// compared as sets.
func (r Rule) Like(wanted Rule) bool {
	return SameScope(r.MaximumScope, wanted.MaximumScope) && r.Description == wanted.Description && meets(r.AccessValidity, wanted.AccessValidity) &&
		meets(r.GrantValidity, wanted.GrantValidity) && meets(r.Renewable, wanted.Renewable)
}

// rules is the reading of one application's rules that a run shares.
func (c *Client) rules(applicationID string) *shared.Reading[[]Rule] {
	return c.oauth.rules.Of(applicationID, func(ctx context.Context) ([]Rule, error) { return c.readRules(ctx, applicationID) })
}

// Rules returns the rules of an application, in the order of their trustees, as this run has read
// them since it last wrote one of them. Nobody may change them. HasResult(err, ApplicationNotFound)
// tells that there is no such application.
func (c *Client) Rules(ctx context.Context, applicationID string) ([]Rule, error) {
	after, _ := c.oauth.written.Load(applicationID)
	moment, _ := after.(shared.Moment)
	return c.rules(applicationID).Get(ctx, moment)
}

// wrote tells that a reading of an application's rules that has begun is too old.
func (c *Client) wrote(applicationID string) {
	c.oauth.written.Store(applicationID, c.rules(applicationID).Now())
}

// FreshRules reads the rules again.
func (c *Client) FreshRules(ctx context.Context, applicationID string) ([]Rule, error) {
	reading := c.rules(applicationID)
	return reading.Get(ctx, reading.Now())
}

// ListRules reads the rules of an application again, as grants of Use.
func (c *Client) ListRules(ctx context.Context, applicationID string) (*Listing, error) {
	listed := newListing(time.Now())
	rules, err := c.FreshRules(ctx, applicationID)
	if err != nil {
		return nil, err
	}
	listed.rules = make(map[Key]Rule, len(rules))
	for _, rule := range rules {
		g := Grant{Grantee: rule.Trustee, Role: Use, ApplicationID: rule.ApplicationID}
		listed.add(g)
		listed.rules[g.Key()] = rule
	}
	return listed, nil
}

func (c *Client) readRules(ctx context.Context, applicationID string) ([]Rule, error) {
	if err := needID(applicationID); err != nil {
		return nil, err
	}
	var all []Rule
	err := c.oauthCall(ctx, rest.Read, "GetRules", map[string]string{"ApplicationId": applicationID}, func(b []byte) error {
		var answer struct{ Rules json.RawMessage }
		err := json.Unmarshal(b, &answer)
		if err != nil {
			return rest.JSONError(b, err)
		}
		all, err = elements("rule", answer.Rules, newRule)
		return err
	})
	if err != nil {
		return nil, err
	}
	of := all[:0]
	for _, rule := range all {
		// A server that takes no notice of the filter answers the rules of other applications too.
		if rule.ApplicationID = cmp.Or(rule.ApplicationID, applicationID); rule.ApplicationID == applicationID {
			of = append(of, rule)
		}
	}
	slices.SortFunc(of, func(a, b Rule) int { return cmp.Compare(CanonicalGrantee(a.Trustee), CanonicalGrantee(b.Trustee)) })
	return of, nil
}

// SeesRules tells whether the caller may surely see the rules of an application: who may not may be
// answered none.
func (c *Client) SeesRules(ctx context.Context, applicationID string) (bool, error) {
	own, err := c.OwnRole(ctx)
	return err == nil && (own.Role.Overrides() || slices.Contains(own.OwnedApplications, applicationID)), err
}

// findRule looks afresh for the rule of a trustee.
func (c *Client) findRule(ctx context.Context, applicationID, trustee string) (Rule, bool, error) {
	all, err := c.FreshRules(ctx, applicationID)
	at := slices.IndexFunc(all, func(r Rule) bool { return SameGrantee(r.Trustee, trustee) })
	if err != nil || at < 0 {
		return Rule{}, false, err
	}
	return all[at], true, nil
}

// CreateRule makes a rule. What is nil is the server's default.
func (c *Client) CreateRule(ctx context.Context, r Rule) error {
	return c.writeRule(ctx, "CreateRule", r, r.fields())
}

// UpdateRule replaces a rule that Rules has read, and which the caller has changed.
func (c *Client) UpdateRule(ctx context.Context, r Rule) error {
	return c.writeRule(ctx, "UpdateRule", r, map[string]any{"Rule": r.all.with(r.fields())})
}

func (c *Client) writeRule(ctx context.Context, operation string, r Rule, body any) error {
	if err := needID(r.ApplicationID, r.Trustee); err != nil {
		return err
	}
	defer c.wrote(r.ApplicationID)
	return c.persist(ctx, "writing "+r.String(), func() error {
		return c.oauthCall(ctx, rest.Write, operation, body, nil)
	}, func(ctx context.Context) (bool, error) {
		found, is, err := c.findRule(ctx, r.ApplicationID, r.Trustee)
		return is && found.Like(r), err
	})
}

// DeleteRule deletes one rule. One that is gone is no error. Both IDs are sent, always: with one of
// them alone the server deletes the rules of others.
func (c *Client) DeleteRule(ctx context.Context, applicationID, trustee string) error {
	if err := needID(applicationID, trustee); err != nil {
		return err
	}
	defer c.wrote(applicationID)
	body := map[string]string{"ApplicationId": applicationID, "TrusteePrefixedUniversal": trustee}
	return c.persist(ctx, "deleting "+Rule{ApplicationID: applicationID, Trustee: trustee}.String(), func() error {
		return c.oauthCall(ctx, rest.Write, "DeleteRule", body, nil)
	}, func(ctx context.Context) (bool, error) {
		_, is, err := c.findRule(ctx, applicationID, trustee)
		if HasResult(err, ApplicationNotFound) {
			return true, nil
		}
		return err == nil && !is, err
	})
}

// Says tells whether the server names a field of the rule at all: older ones leave out validities.
func (r Rule) Says(field string) bool {
	_, ok := r.all[field]
	return ok
}
