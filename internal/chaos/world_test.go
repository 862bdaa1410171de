// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package chaos

import (
	"fmt"
	"math/rand/v2"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/appaccess/terraform-provider-appaccess/internal/acctest"
	"github.com/appaccess/terraform-provider-appaccess/internal/acctest/core"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
	"github.com/appaccess/terraform-provider-appaccess/internal/provider"
)

// estate is what one service has of a world: a configuration that changes at random, a world that
// changes without Terraform, and the truths that hold whatever happens.
type estate interface {
	// edit changes the configuration at random. state is what Terraform remembers.
	edit(state core.State)
	// resources are the configuration.
	resources() []core.Resource
	// meddle changes the service without Terraform.
	meddle()
	// mend undoes what no apply can converge over, such as an application that is configured and
	// gone.
	mend()
	// demolish makes the configuration empty.
	demolish()
	// begin is called before an apply.
	begin()
	// read checks what a refresh found: the state says what is granted, and what is missing.
	read(object *core.Object, a core.Address) error
	// applied checks what an apply left, also one that failed: what is granted because of Terraform
	// is in the state, and what is not Terraform's was left alone. killed tells that Terraform
	// never heard of some of it.
	applied(before, after core.State, killed bool) error
	// converged checks that the service shows what is configured.
	converged() error
}

// world is one seed: the mock services behind a gate, what is configured, and a Terraform.
type world struct {
	t       *testing.T
	seed    uint64
	rng     *rand.Rand
	mock    *acctest.Mock
	gate    *gate
	tf      *core.Terraform
	knobs   map[string]any
	counts  bool          // applications are read by their counts
	delay   time.Duration // of what is slow
	started atomic.Int64  // provider processes
	agent   string        // of the one that was started last
	estates []estate
	log     []string
}

// one tells true in n of a hundred cases.
func (w *world) one(n int) bool { return w.rng.IntN(100) < n }

// note keeps a line for the report of a failure.
func (w *world) note(format string, args ...any) { w.log = append(w.log, fmt.Sprintf(format, args...)) }

// newWorld starts the services.
func newWorld(t *testing.T, seed uint64, options acctest.Options) *world {
	t.Helper()
	w := &world{t: t, seed: seed, rng: rand.New(rand.NewPCG(seed, 0xc4a05))}
	w.mock = acctest.Start(t, options)
	w.gate = newGate(w.mock.Backend)
	server := httptest.NewServer(w.gate)
	t.Cleanup(server.Close)
	w.mock.URL = server.URL
	w.tf = &core.Terraform{
		Server: w.server, Provider: w.provider(nil), State: core.State{}, OrphansFirst: seed%2 == 0,
	}
	return w
}

// server starts a provider process, whose user agent tells it from those before.
func (w *world) server() tfprotov6.ProviderServer {
	version := fmt.Sprintf("%d.%d.0", w.seed, w.started.Add(1))
	w.agent = "terraform-provider-appaccess/" + version
	return acctest.Watch(w.t, providerserver.NewProtocol6(provider.New(version,
		provider.WithRetryWait(500*time.Microsecond), provider.WithEnvironment(func(string) string { return "" }))())())
}

// provider is the provider block, with knobs for all services.
func (w *world) provider(knobs map[string]any) map[string]any {
	block := map[string]any{
		"huaweicloud": map[string]any{
			"region": acctest.Region, "access_key": acctest.HuaweicloudAccessKey, "secret_key": acctest.HuaweicloudSecretKey,
			"workspace_endpoint": w.mock.URL, "iam_endpoint": w.mock.URL, "requests_per_minute": map[string]any{"read": 0, "write": 0},
		},
		"enos": map[string]any{
			"gateway_url": w.mock.URL, "access_key": acctest.EnosAccessKey, "secret_key": acctest.EnosSecretKey, "org_id": acctest.OrgID,
		},
		"venafi": map[string]any{
			"url": w.mock.URL, "client_id": acctest.VenafiClientID, "username": acctest.VenafiUser, "password": acctest.VenafiPassword,
		},
	}
	if w.counts {
		block["huaweicloud"].(map[string]any)["verification"] = "count" //nolint:forcetypeassert // it is one
	}
	for _, service := range block {
		for name, value := range knobs {
			service.(map[string]any)[name] = value
		}
	}
	return block
}

// drawSwitches brings the switches into random positions, but for those that exclude names.
func drawSwitches[S any](w *world, switches S, exclude map[string][]string) S {
	for _, s := range wire.DescribeSwitches(switches) {
		positions := slices.DeleteFunc(slices.Clone(s.Positions), func(p string) bool { return slices.Contains(exclude[s.Name], p) })
		if slices.Contains(exclude[s.Name], "*") || !w.one(30) {
			continue
		}
		position := positions[w.rng.IntN(len(positions))]
		if err := wire.SetSwitch(&switches, s.Name, position); err != nil {
			w.t.Fatal(err)
		}
		w.note("switch %s = %s", s.Name, position)
	}
	return switches
}

// registered tells whether the provider has a resource.
func (w *world) registered(name string) bool {
	schemas, err := w.server().GetProviderSchema(w.t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		w.t.Fatal(err)
	}
	return schemas.ResourceSchemas[name] != nil
}

func (w *world) resources() []core.Resource {
	var all []core.Resource
	for _, e := range w.estates {
		all = append(all, e.resources()...)
	}
	return all
}

// plan plans and checks what the refresh found.
func (w *world) plan() (*core.Plan, error) {
	plan, err := w.tf.Plan(w.t.Context(), w.resources())
	if err != nil {
		return nil, err
	}
	w.gate.quiet()
	w.note("plan: %v, errors: %v", plan.Actions(), plan.Err())
	if bugs := plan.Bugs(); len(bugs) > 0 {
		return nil, fmt.Errorf("plan: %+v", bugs)
	}
	for a := range plan.Read {
		object := plan.Refreshed[a]
		if object == nil {
			continue
		}
		for _, e := range w.estates {
			if err := e.read(object, a); err != nil {
				return nil, fmt.Errorf("after a refresh: %s: %w\nstate: %v", a, err, object.Attributes())
			}
		}
	}
	return plan, nil
}

// importID finds the id in the import block that an error gives.
var importID = regexp.MustCompile(`import \{[^}]* id = "([^"]+)"`)

// concede does what the errors of a plan ask for: a resource that would take access away with its
// create is imported; where an application joins a resource, its administrator clears it first.
func (w *world) concede(plan *core.Plan) (bool, error) {
	again := false
	for _, e := range plan.Errors {
		found := importID.FindStringSubmatch(e.Detail)
		if found == nil {
			continue
		}
		again = true
		if plan.Refreshed[e.Address] != nil {
			for _, estate := range w.estates {
				switch estate := estate.(type) {
				case *workspace:
					estate.clear(e.Address, strings.Split(found[1], ","))
				case *portal:
					estate.clear(e.Address, found[1])
				case *registry:
					estate.clear(e.Address, found[1])
				}
			}
			continue
		}
		diags, err := w.tf.Import(w.t.Context(), e.Address, found[1])
		if err != nil {
			return false, err
		}
		w.gate.quiet()
		w.note("%s is imported from %s: %v", e.Address, found[1], diags.Err())
		if bugs := diags.Bugs(); len(bugs) > 0 {
			return false, fmt.Errorf("import: %+v", bugs)
		}
	}
	return again, nil
}

// planned is plan, after what its errors ask for.
func (w *world) planned() (*core.Plan, error) {
	for range 4 {
		plan, err := w.plan()
		if err != nil {
			return nil, err
		}
		if again, err := w.concede(plan); err != nil || !again {
			return plan, err
		}
	}
	return w.plan()
}

// apply applies a plan and checks what it left.
func (w *world) apply(plan *core.Plan, killed *bool) (*core.Diagnostics, error) {
	for _, e := range w.estates {
		e.begin()
	}
	diags, err := w.tf.Apply(w.t.Context(), plan)
	if err != nil {
		return nil, err
	}
	w.gate.quiet()
	w.note("apply: errors: %v", diags.Err())
	if bugs := diags.Bugs(); len(bugs) > 0 {
		return nil, fmt.Errorf("apply: %+v", bugs)
	}
	for _, e := range w.estates {
		if err := e.applied(plan.Refreshed, w.tf.State, killed != nil && *killed); err != nil {
			return nil, fmt.Errorf("after an apply: %w\nstate:\n%s", err, describe(w.tf.State))
		}
	}
	return diags, nil
}

func describe(state core.State) string {
	var lines []string
	for a, object := range state {
		lines = append(lines, fmt.Sprintf("  %s (tainted: %t): %v", a, object.Tainted, object.Attributes()))
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}
