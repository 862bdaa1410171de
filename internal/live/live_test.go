// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

//go:build live

// Package live runs the life of each resource on real services: create, no change, change, drift,
// import, destroy. It is built by `make testacc-live` alone. The services are those of the
// provider's environment variables, the targets those of the variables below; what is not named is
// skipped, and nothing else is touched.
package live

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/enos"
	"github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud"
	"github.com/appaccess/terraform-provider-appaccess/internal/api/venafi"
	"github.com/appaccess/terraform-provider-appaccess/internal/provider"
	"github.com/appaccess/terraform-provider-appaccess/internal/service"
)

// The variables that name targets.
const (
	// cloudApp is the ID of an application without accounts that is open to assigned accounts only,
	// cloudUsers are two users as DOMAIN/NAME with a comma between them.
	cloudApp   = "LIVE_HUAWEICLOUD_APP"
	cloudUsers = "LIVE_HUAWEICLOUD_USERS"
	// enosApp is the access key of an application without data authorize types, enosOrg its
	// organization.
	enosApp = "LIVE_ENOS_APP"
	enosOrg = "LIVE_ENOS_ORG"
	// venafiApplication and venafiMapping are IDs of an application and a JWT mapping that do not
	// exist: they are made and deleted. venafiGrantees are the prefixed universal IDs of two users
	// who may get a role and a rule for that application.
	venafiApplication = "LIVE_VENAFI_NEW_APPLICATION"
	venafiMapping     = "LIVE_VENAFI_NEW_MAPPING"
	venafiGrantees    = "LIVE_VENAFI_GRANTEES"
)

// life is that of one resource.
type life struct {
	resource string
	needs    []string
	// first and second are its attributes, the second what it is changed to; "" is what can't be
	// changed.
	first, second string
	// beside is what it stands on.
	beside string
	id     string
	// drift changes it without Terraform, empty tells that nothing of it is there.
	drift, empty func(ctx context.Context) error
}

//nolint:paralleltest // the resources have the same targets, one after the other
func TestLive(t *testing.T) {
	for _, l := range slices.Concat(cloudLives(t), enosLives(t), venafiLives(t)) {
		t.Run(l.resource, func(t *testing.T) {
			if missing := unset(l.needs); len(missing) > 0 {
				t.Skipf("nothing was done: %s not set", strings.Join(missing, ", "))
			}
			if err := l.empty(t.Context()); err != nil {
				t.Fatalf("nothing was done: %v", err)
			}
			config := func(attributes string) string {
				return fmt.Sprintf("%s\nresource %q \"live\" {\n%s\n}\n", l.beside, l.resource, attributes)
			}
			address := l.resource + ".live"
			steps := []resource.TestStep{
				{Config: config(l.first), ConfigPlanChecks: expect(address, plancheck.ResourceActionCreate)},
				{Config: config(l.first), PlanOnly: true},
			}
			now, mended := l.first, plancheck.ResourceActionCreate
			if l.second != "" {
				now, mended = l.second, plancheck.ResourceActionUpdate
				steps = append(steps, resource.TestStep{Config: config(now), ConfigPlanChecks: expect(address, plancheck.ResourceActionUpdate)})
			}
			resource.UnitTest(t, resource.TestCase{
				ProtoV6ProviderFactories: map[string]func() (tfprotov6.ProviderServer, error){
					"appaccess": providerserver.NewProtocol6WithError(provider.New("live")()),
				},
				Steps: append(steps, resource.TestStep{
					PreConfig: func() {
						if err := l.drift(t.Context()); err != nil {
							t.Fatal(err)
						}
					},
					Config: config(now), ConfigPlanChecks: expect(address, mended),
				}, resource.TestStep{
					Config: config(now), ResourceName: address, ImportState: true, ImportStateKind: resource.ImportBlockWithID, ImportStateId: l.id,
				}),
				CheckDestroy: func(*terraform.State) error { return l.empty(t.Context()) },
			})
		})
	}
}

func expect(address string, action plancheck.ResourceActionType) resource.ConfigPlanChecks {
	return resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectResourceAction(address, action)}}
}

func unset(names []string) (missing []string) {
	for _, name := range names {
		if os.Getenv(name) == "" {
			missing = append(missing, name)
		}
	}
	return missing
}

// two are the values of a variable that has two.
func two(name string) [2]string {
	first, second, _ := strings.Cut(os.Getenv(name), ",")
	return [2]string{strings.TrimSpace(first), strings.TrimSpace(second)}
}

// client connects anew each time, since a client reads once in its life.
func client[C any](t *testing.T, of func(*service.Data) *service.Connection[C]) C {
	t.Helper()
	data, err := provider.Connect(t.Context(), "live")
	if err != nil {
		t.Fatal(err)
	}
	c, err := provider.Client(t.Context(), of(data))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func cloud(t *testing.T) *huaweicloud.Client {
	t.Helper()
	return client(t, func(data *service.Data) *service.Connection[*huaweicloud.Client] { return data.Huaweicloud })
}

func gateway(t *testing.T) *enos.Client {
	t.Helper()
	return client(t, func(data *service.Data) *service.Connection[*enos.Client] { return data.Enos })
}

func server(t *testing.T) *venafi.Client {
	t.Helper()
	return client(t, func(data *service.Data) *service.Connection[*venafi.Client] { return data.Venafi })
}

func cloudLives(t *testing.T) (all []life) {
	app, users := os.Getenv(cloudApp), two(cloudUsers)
	attributes := func(users ...string) string {
		byDomain, text := map[string]string{}, ""
		for _, user := range users {
			domain, name, _ := strings.Cut(user, "/")
			byDomain[domain] += fmt.Sprintf("%q = null, ", name)
		}
		for domain, names := range byDomain {
			text += fmt.Sprintf("    %q = { %s }\n", domain, strings.TrimSuffix(names, ", "))
		}
		return fmt.Sprintf("  app_ids = [%q]\n  users = {\n%s  }", app, text)
	}
	account := func(user string) huaweicloud.Authorization {
		domain, name, _ := strings.Cut(user, "/")
		return huaweicloud.Authorization{Account: huaweicloud.Account{Type: huaweicloud.Simple, Domain: domain, Name: name}}
	}
	for _, name := range []string{"appaccess_huaweicloud_app_authorization_set", "appaccess_huaweicloud_app_authorizations_exclusive"} {
		all = append(all, life{
			resource: name, needs: []string{cloudApp, cloudUsers}, first: attributes(users[0]), second: attributes(users[0], users[1]), id: app,
			drift: func(ctx context.Context) error {
				return cloud(t).AssignAuthorizations(ctx, huaweicloud.Assignment{
					AppIDs: []string{app}, AuthorizationType: huaweicloud.AssignUser, DelUsers: []huaweicloud.Authorization{account(users[1])},
				})
			},
			empty: func(ctx context.Context) error {
				accounts, err := cloud(t).ListAuthorizations(ctx, app)
				if err == nil && len(accounts) > 0 {
					err = fmt.Errorf("application %s has %d accounts", app, len(accounts))
				}
				return err
			},
		})
	}
	return all
}

func enosLives(t *testing.T) []life {
	app, org := os.Getenv(enosApp), os.Getenv(enosOrg)
	attributes := func(types string) string {
		return fmt.Sprintf("  org_id = %q\n  app_id = %q\n  data_authorize_types = [%s]", org, app, types)
	}
	return []life{{
		resource: "appaccess_enos_app_data_authorization", needs: []string{enosApp, enosOrg}, first: attributes(`"USER"`), second: attributes(`"USER", "ASSET"`), id: org + "/" + app,
		drift: func(ctx context.Context) error {
			return gateway(t).SetAppAuthorization(ctx, org, app, []string{"ROLE"})
		},
		empty: func(ctx context.Context) error {
			types, err := gateway(t).AppAuthorization(ctx, org, app)
			if err == nil && len(types) > 0 {
				err = fmt.Errorf("application %s has %s", app, strings.Join(types, ", "))
			}
			return err
		},
	}}
}

func venafiLives(t *testing.T) []life {
	app, mapping, grantees := os.Getenv(venafiApplication), os.Getenv(venafiMapping), two(venafiGrantees)
	gone := func(ctx context.Context) error {
		_, err := server(t).Application(ctx, app)
		if err == nil {
			return fmt.Errorf("application %s exists", app)
		}
		return missing(err)
	}
	application := func(description string) string {
		return fmt.Sprintf("  application_id = %q\n  name = \"live\"\n  vendor = \"live\"\n  description = %q\n  url = \"https://example.com\"\n"+
			"  scope = \"certificate:discover\"\n  maximum_scope = \"certificate:discover,manage\"", app, description)
	}
	beside := "resource \"appaccess_venafi_oauth_application\" \"beside\" {\n" + application("made by a test") + "\n  force_destroy = true\n}\n"
	needs := []string{venafiApplication, venafiGrantees}
	const of = "appaccess_venafi_oauth_application.beside.application_id"
	revoke := func(ctx context.Context) error {
		return server(t).RevokeRole(ctx, venafi.Grant{Grantee: grantees[0], Role: venafi.ApplicationMaintainer, ApplicationID: app})
	}
	role := "  role = \"application_maintainer\"\n  application_id = " + of + "\n"
	set := func(n int) string { return role + "  grantees = " + labels(grantees[:n]) }
	access := func(scope string, n int) string {
		return "  application_id = " + of + "\n  maximum_scope = \"" + scope + "\"\n  trustees = " + labels(grantees[:n])
	}
	all := []life{
		{
			resource: "appaccess_venafi_oauth_application", needs: []string{venafiApplication}, first: application("made by a test"), second: application("changed by a test"), id: app, empty: gone,
			drift: func(ctx context.Context) error {
				a, err := server(t).Application(ctx, app)
				if err != nil {
					return err
				}
				a.Description = "changed by somebody"
				return server(t).UpdateApplication(ctx, a)
			},
		}, {
			resource: "appaccess_venafi_oauth_jwt_mapping", needs: []string{venafiMapping, venafiGrantees}, first: jwtMapping(mapping, grantees[0], "first"), second: jwtMapping(mapping, grantees[0], "second"), id: mapping,
			drift: func(ctx context.Context) error {
				m, err := server(t).JwtMapping(ctx, mapping)
				if err != nil {
					return err
				}
				m.PurposeMatch = "third"
				return server(t).UpdateJwtMapping(ctx, m)
			},
			empty: func(ctx context.Context) error {
				_, err := server(t).JwtMapping(ctx, mapping)
				if err == nil {
					return fmt.Errorf("JWT mapping %s exists", mapping)
				}
				return missing(err)
			},
		}, {
			resource: "appaccess_venafi_oauth_role_grant", needs: needs, beside: beside, first: role + fmt.Sprintf("  grantee = %q", grantees[0]),
			id: "application_maintainer/" + app + "/" + grantees[0], drift: revoke, empty: gone,
		},
	}
	for _, name := range []string{"appaccess_venafi_oauth_role_grant_set", "appaccess_venafi_oauth_role_grants_exclusive"} {
		all = append(all, life{resource: name, needs: needs, beside: beside, first: set(1), second: set(2), id: "application_maintainer/" + app, drift: revoke, empty: gone})
	}
	for _, name := range []string{"appaccess_venafi_oauth_access_set", "appaccess_venafi_oauth_access_exclusive"} {
		all = append(all, life{
			resource: name, needs: needs, beside: beside, first: access("certificate:discover", 1), second: access("certificate:manage", 2), id: app, empty: gone,
			drift: func(ctx context.Context) error { return server(t).DeleteRule(ctx, app, grantees[0]) },
		})
	}
	return all
}

func jwtMapping(name, grantee, purpose string) string {
	return fmt.Sprintf("  name = %q\n  issuer_uri = \"https://live.example.com\"\n  purpose_field = \"aud\"\n  purpose_match = %q\n  id_field = \"sub\"\n"+
		"  id_match = \"nobody\"\n  grantee = %q", name, purpose, grantee)
}

func labels(grantees []string) string {
	text := "{\n"
	for _, grantee := range grantees {
		text += fmt.Sprintf("    %q = %q\n", grantee, grantee)
	}
	return text + "  }"
}

// missing is nil for the error of something that does not exist.
func missing(err error) error {
	if venafi.HasResult(err, venafi.ApplicationNotFound, venafi.JwtMappingNotFound) {
		return nil
	}
	return err
}
