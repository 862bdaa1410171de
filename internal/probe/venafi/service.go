// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

// Package venafi is what Trust Protection Platform is asked: see API.md of its client, whose open
// questions these are.
//
// The scratch identities must have no role and no rule when a run begins: then all that is ever to
// be put back is their absence, and what an earlier run left over is seen.
package venafi

import (
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/venafi"
	"github.com/appaccess/terraform-provider-appaccess/internal/probe"
	"github.com/appaccess/terraform-provider-appaccess/internal/provider"
)

// Service is Trust Protection Platform.
func Service() probe.Service {
	return probe.Service{Name: "venafi", Title: "Venafi Trust Protection Platform", Questions: questions, Targets: declare}
}

// targets are what the caller names.
type targets struct {
	applications, grantees []string
	fresh, tppAuditor      string
	auditor, inGroup       bool
}

func declare(flags *flag.FlagSet) func(context.Context, *probe.Env) (probe.Subject, error) {
	t := &targets{}
	many := func(list *[]string) func(string) error {
		return func(text string) error {
			*list = append(*list, text)
			return nil
		}
	}
	flags.Func("application", "the `ID` of a scratch application (API integration) that has a rule for somebody; two tell more, and so does an ID of digits", many(&t.applications))
	flags.Func("grantee", "the prefixed universal `ID` of a scratch user who has no OAuth role and no rule; a second one whose ID is no GUID and has capitals tells more", many(&t.grantees))
	flags.StringVar(&t.fresh, "new-application", "", "the `ID` of an application that does not exist: the run makes it and deletes it")
	flags.BoolVar(&t.auditor, "auditor", false, "give the scratch user the role of an auditor, who may read all of OAuth, for a moment")
	flags.StringVar(&t.tppAuditor, "tpp-auditor", "", "the prefixed universal `ID` of an auditor of the platform who has no OAuth role")
	flags.BoolVar(&t.inGroup, "in-group", false, "the user of the login is a member of a group")
	return func(ctx context.Context, env *probe.Env) (probe.Subject, error) {
		client, err := provider.Client(ctx, env.Data.Venafi)
		if err != nil {
			return nil, err
		}
		if !env.ReadOnly && (len(t.applications) == 0 || len(t.grantees) == 0) {
			return nil, errors.New("name a scratch application with -application ID and a scratch user with -grantee ID, or give -read-only")
		}
		s := &subject{env: env, client: client, targets: t, nobody: guidText(rand.Text())}
		for i, names := range [][]string{t.applications, t.grantees, {t.fresh}, {t.tppAuditor}, {s.nobody}} {
			for _, name := range names {
				env.Names.Add(name, []string{"<application>", "<grantee>", "<application>", "<auditor>", "<nobody>"}[i])
			}
		}
		if place, err := url.Parse(client.Place()); err == nil {
			env.Names.Add(place.Host, "<host>")
		}
		return s, nil
	}
}

// guidText is a local identity that nobody has.
func guidText(random string) string {
	hex := fmt.Sprintf("%x", random)
	return "local:{" + strings.Join([]string{hex[:8], hex[8:12], "4" + hex[13:16], "a" + hex[17:20], hex[20:32]}, "-") + "}"
}

// subject is a server with its scratch targets.
type subject struct {
	env     *probe.Env
	client  *venafi.Client
	targets *targets
	nobody  string
	// names are the prefixed name and universal ID of the first scratch user, in the directory's
	// spelling.
	name, own string
	// unreadable says why roles can't be written, ruleless why rules can't; maximum is the maximum
	// scope of the application.
	unreadable, ruleless, maximum string

	// Since the last restore:
	granted []grant
	ruled   []rule
	made    bool // the new application
	unsure  bool
}

// grant is a role as it is sent.
type grant struct {
	Grantee       string `json:"GranteePrefixedUniversal"`
	Role          int    `json:"Role"`
	ApplicationID string `json:"ApplicationId,omitempty"`
}

// rule names a rule.
type rule struct {
	Trustee       string `json:"TrusteePrefixedUniversal"`
	ApplicationID string `json:"ApplicationId"`
}

// Close ends the login of the run. Where the server doesn't let it, it expires.
func (s *subject) Close(ctx context.Context) { _ = s.client.Close(ctx) }

// Prepare looks whether the scratch identities have anything. What can't be seen is not written.
func (s *subject) Prepare(ctx context.Context) error {
	a, err := s.call(ctx, "ListRoles", nil)
	if err != nil {
		return err
	}
	rows, present := a.rows("Roles")
	if !a.ok() || !present {
		s.unreadable = "the server does not list roles, so that nothing could be put back: " + a.String()
	}
	for _, r := range rows {
		if i := slices.IndexFunc(s.targets.grantees, func(id string) bool { return same(id, r.grantee()) }); i >= 0 && !s.env.ReadOnly {
			return fmt.Errorf("%s has an OAuth role, maybe from a run that was killed: revoke it, or name another", s.targets.grantees[i])
		}
	}
	if s.env.ReadOnly {
		return nil
	}
	if a, err = s.identity(ctx, "PrefixedUniversal", s.targets.grantees[0]); err != nil {
		return err
	}
	id := a.object("ID")
	if s.name, s.own = id.text("PrefixedName"), id.text("PrefixedUniversal"); s.own == "" {
		return fmt.Errorf("the server knows no identity %s: %s", s.targets.grantees[0], a)
	}
	s.env.Names.Add(s.name, "<grantee>")
	_, name, _ := strings.Cut(s.name, ":")
	s.env.Names.Add(name, "<grantee>")
	for _, id := range s.targets.applications {
		if a, err = s.application(ctx, id); err != nil {
			return err
		}
		if !a.ok() {
			return fmt.Errorf("application %s can't be read: %s", id, a)
		}
	}
	if a, err = s.application(ctx, s.targets.applications[0]); err != nil {
		return err
	}
	s.maximum = a.first("Application", "Applications").text("MaximumScope")
	return s.prepareRules(ctx)
}

func (s *subject) prepareRules(ctx context.Context) error {
	a, err := s.call(ctx, "GetRules", map[string]string{"ApplicationId": s.targets.applications[0]})
	if err != nil {
		return err
	}
	rules, _ := a.rows("Rules")
	switch {
	case !a.ok():
		s.ruleless = "the rules of the application can't be read: " + a.String()
	case len(rules) == 0:
		s.ruleless = "the application has no rule: a first one may close it to all others"
	}
	for _, r := range rules {
		if slices.ContainsFunc(s.targets.grantees, func(id string) bool { return same(id, r.text("TrusteePrefixedUniversal")) }) {
			return fmt.Errorf("a scratch user has a rule on application %s, maybe from a run that was killed: delete it, or name another", s.targets.applications[0])
		}
	}
	return nil
}

// Restore takes back all that was granted.
func (s *subject) Restore(ctx context.Context) error {
	if s.unsure { // it may still be carried out
		if err := s.env.Wait(ctx, lag); err != nil {
			return err
		}
	}
	unsure := s.unsure
	err := errors.Join(s.restoreRoles(ctx), s.restoreRules(ctx))
	if err == nil && s.made {
		err = s.unmake(ctx)
	}
	if err != nil {
		return err
	}
	s.granted, s.ruled, s.made, s.unsure = nil, nil, false, s.unsure && !unsure
	return nil
}

func (s *subject) restoreRoles(ctx context.Context) error {
	if len(s.granted) == 0 {
		return nil
	}
	for _, g := range s.granted { // the result may be that there is none
		if _, err := s.write(ctx, "RevokeRole", g); err != nil {
			return fmt.Errorf("%s may still have a role on application %s; revoke it: %w", g.Grantee, g.ApplicationID, err)
		}
	}
	for try := range 2 {
		left, err := s.await(ctx, func(rows []row) bool { return len(rows) == 0 })
		switch {
		case err == nil && len(left) == 0:
			return nil
		case err != nil || try == 1:
			return fmt.Errorf("the scratch users may still have roles; revoke them: %w", errors.Join(err, errors.New("the server lists them after they were revoked")))
		}
		for _, r := range left {
			if _, err := s.write(ctx, "RevokeRole", grant{r.grantee(), r.role(), r.application()}); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *subject) restoreRules(ctx context.Context) error {
	for _, r := range s.ruled {
		if _, err := s.write(ctx, "DeleteRule", r); err != nil {
			return fmt.Errorf("%s may still have a rule on application %s; delete it: %w", r.Trustee, r.ApplicationID, err)
		}
		left, err := s.awaitRule(ctx, r, false)
		if err != nil || left != nil {
			return fmt.Errorf("%s may still have a rule on application %s; delete it: %w", r.Trustee, r.ApplicationID, errors.Join(err, errors.New("the server does not show that it is gone")))
		}
	}
	return nil
}

// unmake deletes the application that the run has made.
func (s *subject) unmake(ctx context.Context) error {
	_, err := s.write(ctx, "DeleteApplication", map[string]string{"ApplicationId": s.targets.fresh})
	if err == nil {
		var a answer
		if a, err = s.application(ctx, s.targets.fresh); err == nil && a.ok() {
			err = errors.New("the server shows it after it was deleted")
		}
	}
	if err != nil {
		return fmt.Errorf("application %s may still be there; delete it: %w", s.targets.fresh, err)
	}
	return nil
}
