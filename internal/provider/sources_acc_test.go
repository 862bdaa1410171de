// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/appaccess/terraform-provider-appaccess/internal/acctest"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/huaweicloud"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
	"github.com/appaccess/terraform-provider-appaccess/internal/provider"
)

// The answers that every source gets.
const (
	right   = "right"
	wrong   = "wrong"
	expired = "expired"
	slow    = "slow"
)

// change is what a source, or an answer, makes of a world and of the environment.
type change func(w *identityWorld, environment map[string]string)

// answer is one that a source gets, with what the error says; nothing where it works.
type answer struct {
	change change
	wants  []string
}

type source struct {
	service string
	with    change
	answers map[string]answer
}

// env sets variables. A value of the form "$name" is what the key ring holds.
func env(pairs ...string) change {
	return func(w *identityWorld, environment map[string]string) {
		for i := 0; i < len(pairs); i += 2 {
			value := pairs[i+1]
			if name, ok := strings.CutPrefix(value, "$"); ok {
				value = w.held[name]
			}
			environment[pairs[i]] = value
		}
	}
}

// delay makes the service slow in one operation, or in all.
func delay(operation string) change {
	return fault(wire.Fault{Operation: operation, Kind: wire.Slow, Delay: 5 * time.Second})
}

func fault(f wire.Fault) change {
	return func(w *identityWorld, _ map[string]string) { w.Faults.Add(f) }
}

func noIdentities(w *identityWorld, _ map[string]string) {
	w.Huaweicloud.SetIdentities(huaweicloud.Identities{})
}

func endedAtOnce(w *identityWorld, _ map[string]string) {
	w.identities.KeyLife = time.Nanosecond
	w.Huaweicloud.SetIdentities(w.identities)
}

func endedKeys(w *identityWorld, _ map[string]string) { w.Huaweicloud.EndKeys(temporaryKey) }

// withNoTime is what a slow answer leads to, with the source that waits for it. A source that asks
// nobody, such as a key pair, does not wait: the slow answer is then one about applications or
// roles, and nothing to blame credentials for.
func withNoTime(from ...string) []string {
	return append([]string{"no complete answer in time: request_timeout is 500ms"}, from...)
}

// TestAccSources lets a real Terraform read with every source of credentials, where the answer is
// right, wrong, expired and slow. The error names the source, the attribute and the variable; that
// no secret is in it, nor in the log, is seen to by the harness. Each row is a provider of its own,
// so that one plan asks them all.
func TestAccSources(t *testing.T) {
	t.Parallel()
	keys := newKeyRing(t)
	servers := map[string]func() tfprotov6.ProviderServer{}
	var works, fails strings.Builder
	rows, wants := map[string]string{}, map[string][]string{} // by the name of the provider: of the row, of the error
	add := func(sources map[string]source) {
		for what, source := range sources {
			source.answers[right] = answer{env(), nil}
			for kind, answer := range source.answers {
				name := fmt.Sprintf("row%d", len(rows))
				rows[name], wants[name] = what+"/"+kind, answer.wants
				w := newIdentityWorld(t, keys)
				environment := map[string]string{
					"HOME": w.held["nowhere"], "HW_REGION_NAME": acctest.Region, "HW_PROJECT_ID": acctest.ProjectID, "HW_WORKSPACE_ENDPOINT": w.URL, "HW_IAM_ENDPOINT": w.URL,
					"ENOS_GATEWAY_URL": w.URL, "ENOS_ORG_ID": acctest.OrgID, "VENAFI_URL": w.tls, "VENAFI_CLIENT_ID": acctest.VenafiClientID,
				}
				source.with(w, environment)
				answer.change(w, environment)
				servers[name] = func() tfprotov6.ProviderServer {
					server, _ := acctest.ProvidersWithEnvironment(environment, provider.WithDial(w.dialMetadata))["appaccess"]()
					return server
				}
				settings := "max_retries = 0\n"
				if kind == slow {
					settings += "request_timeout = \"500ms\"\n"
				}
				if source.service == "venafi" {
					settings += fmt.Sprintf("ca_certificate = %q\n", keys.authority.PEM())
				}
				read := map[string]string{
					"huaweicloud": "data appaccess_huaweicloud_apps %[1]s {\n",
					"enos":        "data appaccess_enos_app %[1]s {\n app_id = \"" + enosApp + "\"\n",
					"venafi":      "data appaccess_venafi_oauth_roles %[1]s {\n",
				}[source.service]
				file := &works
				if answer.wants != nil {
					file = &fails
				}
				fmt.Fprintf(file, "provider %[1]s {\n %[2]s {\n %[3]s }\n}\n"+read+" provider = %[1]s\n}\n", name, source.service, settings)
			}
		}
	}
	add(huaweicloudSources())
	add(otherSources())

	cli := acctest.NewCLIOf(t, servers)
	cli.Write("works.tf", works.String())
	cli.Write("fails.tf", fails.String())
	said := map[string]string{}
	for _, e := range cli.JSON("plan").Errors {
		name := e.Address[strings.LastIndex(e.Address, ".")+1:]
		if rows[name] == "" {
			t.Errorf("an error of no row: %+v", e)
		}
		said[name] += e.Summary + "\n" + e.Detail + "\n"
	}
	for name, row := range rows {
		t.Run(row, func(t *testing.T) {
			t.Parallel()
			if (said[name] == "") != (wants[name] == nil) {
				t.Fatalf("the error is %q, want %q", said[name], wants[name])
			}
			for _, want := range wants[name] {
				if !strings.Contains(said[name], want) {
					t.Errorf("the error lacks %q:\n%s", want, said[name])
				}
			}
		})
	}

	// What works is planned, applied, and in the state.
	cli.Write("fails.tf", "")
	planned, applied := cli.JSON("plan", "-out=plan"), cli.JSON("apply", "plan")
	if planned.Code != 0 || applied.Code != 0 {
		t.Fatalf("%v\n%v", planned.Errors, applied.Errors)
	}
	state, err := os.ReadFile(filepath.Join(cli.Dir(), "terraform.tfstate"))
	must(t, err)
	searcher := acctest.SecretsOf(t).Searcher()
	for name, row := range rows {
		if wants[name] == nil && !strings.Contains(string(state), fmt.Sprintf("%q", name)) {
			t.Errorf("%s is not in the state", row)
		}
	}
	plan := cli.Run("show", "-json", "plan").Stdout
	if found := slices.Concat(searcher.In(state), searcher.In([]byte(plan+applied.Output))); len(found) > 0 || !strings.Contains(plan, "row") {
		t.Errorf("secrets: %s", strings.Join(found, "\n"))
	}
}
