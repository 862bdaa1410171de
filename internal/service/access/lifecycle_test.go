// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package access_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/appaccess/terraform-provider-appaccess/internal/acctest/core"
)

func (w *world) plan(configuration []core.Resource) *core.Plan {
	w.t.Helper()
	plan, err := w.tf.Plan(w.t.Context(), configuration)
	if err != nil {
		w.t.Fatal(err)
	}
	return plan
}

func (w *world) apply(plan *core.Plan) *core.Diagnostics {
	w.t.Helper()
	diags, err := w.tf.Apply(w.t.Context(), plan)
	if err != nil {
		w.t.Fatal(err)
	}
	if bugs := diags.Bugs(); len(bugs) > 0 {
		w.t.Fatal(bugs)
	}
	return diags
}

// done plans and applies a configuration without an error.
func (w *world) done(configuration []core.Resource) {
	w.t.Helper()
	plan := w.plan(configuration)
	if err := plan.Err(); err != nil {
		w.t.Fatal(err)
	}
	if err := w.apply(plan).Err(); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) destroy() *core.Plan {
	w.t.Helper()
	plan, err := w.tf.PlanDestroy(w.t.Context(), nil)
	if err != nil {
		w.t.Fatal(err)
	}
	return plan
}

func (w *world) has(name string, members ...string) {
	w.t.Helper()
	if got := w.of(name); !slices.Equal(got, members) {
		w.t.Errorf("club %s has %v, want %v", name, got, members)
	}
}

// says finds the one diagnostic whose summary is given, with all parts in it.
func says(t *testing.T, in []core.Diagnostic, summary string, parts ...string) {
	t.Helper()
	found := 0
	for _, d := range in {
		if d.Summary != summary {
			continue
		}
		found++
		for _, part := range parts {
			if !strings.Contains(d.Detail, part) {
				t.Errorf("%s lacks %q:\n%s", summary, part, d.Detail)
			}
		}
	}
	if found != 1 {
		t.Errorf("%d diagnostics %q, want 1 among %v", found, summary, in)
	}
}

func TestCreateOnlyAdds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.set("chess", "ann", "zoe")
	plan := w.plan(declared("chess", []string{"ann", "bob"}, map[string]any{"max_revocations": 10}))
	says(t, plan.Errors, "Access that is not listed would be taken away: club chess", "(1 member)", "[zoe]", "to = appaccess_club.NAME", `id = "chess"`)

	// Somebody joins between the plan and the apply of a create.
	w.set("chess", "ann")
	plan = w.plan(declared("chess", []string{"ann", "bob"}))
	w.set("chess", "ann", "zoe")
	says(t, w.apply(plan).Errors, "Access that is not listed would be taken away: club chess", "[zoe]")
	w.has("chess", "ann", "zoe")
	if len(w.tf.State) > 0 || w.sent > 0 {
		t.Errorf("the state has %v, and %d requests were sent", w.tf.State, w.sent)
	}
}

func TestApplyTakesAwayWhatThePlanShowed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.set("chess")
	w.done(declared("chess", []string{"ann", "bob"}))
	plan := w.plan(declared("chess", []string{"ann"}))
	w.set("chess", "ann", "bob", "zoe")
	says(t, w.apply(plan).Warnings, "Access that the plan did not show is left alone: club chess", "1 member,", "[zoe]")
	w.has("chess", "ann", "zoe")
	if next := w.plan(declared("chess", []string{"ann"})); next.Changes[core.Address{Type: "appaccess_club", Name: "test"}].Action != core.Update {
		t.Errorf("the next plan has %v", next.Actions())
	}
	w.done(declared("chess", []string{"ann"}))
	w.has("chess", "ann")

	// A Terraform that plans the end of what is no longer configured before it refreshes it shows
	// nobody who came since, and there is no next plan.
	w.tf.OrphansFirst = true
	w.set("chess", "ann", "zoe")
	says(t, w.apply(w.plan(nil)).Warnings, "Access that the plan did not show is left alone: club chess", "[zoe]", "no plan could show", `id = "chess"`)
	w.has("chess", "zoe")
}

func TestCreateIsAllOrNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.set("chess", "ann")
	w.refuses["eve"] = true
	diags := w.apply(w.plan(declared("chess", []string{"ann", "bob", "eve"})))
	says(t, diags.Errors, "Unable to create the club", errRefused.Error())
	w.has("chess", "ann") // who was there before stays
	if len(w.tf.State) > 0 {
		t.Errorf("the state has %v", w.tf.State)
	}

	// Where that can't be done, the state holds what may be granted.
	w.deaf = true
	diags = w.apply(w.plan(declared("chess", []string{"ann", "bob", "eve"})))
	says(t, diags.Errors, "Unable to create the club")
	says(t, diags.Warnings, "What the failed create has granted could not be revoked again", "untaint", "nobody listens")
	if len(w.tf.State) != 1 {
		t.Fatalf("the state has %v", w.tf.State)
	}
	w.deaf = false
	if err := w.apply(w.destroy()).Err(); err != nil {
		t.Error(err)
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.set("chess")
	everybody := []string{"ann", "bob", "cid", "dan"}
	limited := map[string]any{"max_revocations": 2}
	w.done(declared("chess", everybody, limited))
	says(t, w.plan(declared("chess", []string{"ann"}, limited)).Errors, "More would be revoked than max_revocations allows: club chess",
		"3 members would be revoked, and max_revocations allows 2", "[bob cid dan]")

	// Another club is a replacement, which revokes all.
	w.set("go")
	plan := w.plan(declared("go", everybody, limited))
	says(t, plan.Warnings, "Replacing revokes access: club chess", "4 members will be revoked", "on_destroy")
	says(t, plan.Errors, "More would be revoked than max_revocations allows: club chess")

	// An explicit destroy counts in the provider's limit alone.
	plan = w.destroy()
	says(t, plan.Warnings, "Destroying revokes access: club chess", "4 members will be revoked")
	if err := plan.Err(); err != nil {
		t.Error(err)
	}
	limit := int64(3)
	w.limit = &limit
	says(t, w.destroy().Errors, "More access would be revoked than max_revocations of the provider allows", "club chess: 4")
	says(t, w.plan(declared("go", everybody)).Errors, "More access would be revoked than max_revocations of the provider allows")
	if err := w.plan(declared("chess", []string{"ann"})).Err(); err != nil {
		t.Error(err)
	}
	w.tf.Replace = map[core.Address]bool{{Type: "appaccess_club", Name: "test"}: true}
	says(t, w.plan(declared("chess", everybody)).Errors, "More access would be revoked than max_revocations of the provider allows", "club: 4")
	w.has("chess", everybody...)
}

// A file with nothing but its header, behind for_each.
func TestFortyDestroys(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var clubs []core.Resource
	for i := range 40 {
		name := fmt.Sprintf("club%d", i)
		w.set(name)
		one := declared(name, []string{"ann", "bob"})[0]
		one.Name = name
		clubs = append(clubs, one)
	}
	w.done(clubs)
	plan := w.plan(nil)
	for _, c := range clubs {
		says(t, plan.Warnings, "Destroying revokes access: club "+c.Name, "2 members will be revoked")
	}
	limit := int64(79)
	w.limit = &limit
	says(t, w.plan(nil).Errors, "More access would be revoked than max_revocations of the provider allows")
	if limit = 80; w.plan(nil).Err() != nil {
		t.Error(w.plan(nil).Err())
	}
}

func TestKeepSendsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.set("chess")
	w.done(declared("chess", []string{"ann"}, map[string]any{"on_destroy": "keep"}))
	sent := w.sent
	plan := w.destroy()
	if len(plan.Warnings) > 0 {
		t.Errorf("warnings: %v", plan.Warnings)
	}
	if err := w.apply(plan).Err(); err != nil || w.sent != sent || len(w.tf.State) > 0 {
		t.Errorf("%v, %d requests, state %v", err, w.sent-sent, w.tf.State)
	}
	w.has("chess", "ann")
}

func TestAnotherPlaceIsNotGone(t *testing.T) {
	w := newWorld(t)
	w.set("chess")
	w.done(declared("chess", []string{"ann"}))
	plan := w.plan(declared("chess", []string{"ann", "bob"}))
	w.place = "house 2"
	delete(w.members, "chess")
	const summary = "The provider points to another place"
	says(t, w.apply(plan).Errors, summary, "house 1", "house 2", "APPACCESS_MOVED=1")
	plan = w.plan(declared("chess", []string{"ann", "bob"}))
	says(t, plan.Errors, summary, "Unable to read the club")
	if len(plan.Refreshed) != 1 {
		t.Error("the refresh has dropped the club")
	}
	w.set("chess", "ann")
	t.Setenv("APPACCESS_MOVED", "1")
	w.done(declared("chess", []string{"ann", "bob"}))
	t.Setenv("APPACCESS_MOVED", "")
	w.done(declared("chess", []string{"ann"}))
	w.place = "house 1"
	says(t, w.plan(declared("chess", []string{"ann"})).Errors, summary)
}

// Terraform gives the apply that destroys a tainted instance nothing of its private state. It is
// not destroyed elsewhere all the same.
func TestTaintedInAnotherPlace(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.set("chess")
	w.done(declared("chess", []string{"ann"}))
	for a, object := range w.tf.State {
		tainted := *object
		tainted.Tainted = true
		w.tf.State[a] = &tainted
	}
	next := declared("chess", []string{"ann", "bob"})
	plan := w.plan(next)
	w.tf.SkipRefresh = true
	blind := w.plan(next)
	w.tf.SkipRefresh = false
	if plan.Err() != nil || blind.Err() != nil {
		t.Fatal(plan.Err(), blind.Err())
	}
	w.place = "house 2"
	says(t, w.apply(plan).Errors, "The provider points to another place", "house 1", "house 2")
	says(t, w.apply(blind).Errors, "The place of the access is not known", "-refresh=false", "terraform untaint")
	w.has("chess", "ann")
	w.place = "house 1"
	if err := w.apply(plan).Err(); err != nil {
		t.Error(err)
	}
	w.has("chess", "ann", "bob")
}

func TestGone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.set("chess")
	w.done(declared("chess", []string{"ann"}))
	delete(w.members, "chess")
	plan := w.plan(declared("chess", []string{"ann"}))
	if err := plan.Err(); err != nil || len(plan.Refreshed) > 0 || len(plan.Bugs()) > 0 {
		t.Errorf("%v, refreshed %v", err, plan.Refreshed)
	}
}

func TestErrorsOfTheRun(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.set("chess")
	w.done(declared("chess", []string{"ann"}, map[string]any{"timeouts": map[string]any{"update": "20ms"}}))
	plan := w.plan(declared("chess", []string{"bob"}, map[string]any{"timeouts": map[string]any{"update": "20ms"}}))
	if err := plan.Err(); err != nil {
		t.Fatal(err)
	}
	w.hangs = true
	says(t, w.apply(plan).Errors, "Unable to update the club", "The timeout of 20ms ran out: raise timeouts.update")
	w.has("chess", "ann")
}

func TestImport(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.set("chess", "ann", "zoe")
	address := core.Address{Type: "appaccess_club", Name: "test"}
	for id, part := range map[string]string{"": "it is name", "go": "no such club"} {
		diags, err := w.tf.Import(t.Context(), address, id)
		if err != nil || diags.Err() == nil || !strings.Contains(diags.Err().Error(), part) {
			t.Errorf("%q: %v, %v, want %q", id, err, diags, part)
		}
	}
	if diags, err := w.tf.Import(t.Context(), address, "chess"); err != nil || diags.Err() != nil {
		t.Fatal(err, diags)
	}
	plan := w.plan(declared("chess", []string{"ann"}))
	if err := plan.Err(); err != nil || plan.Changes[address].Action != core.Update {
		t.Errorf("%v, planned %v", err, plan.Actions())
	}
}
