// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package service

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework/diag"
)

// Claims are what the resources of one plan are going to own or to grant, as far as the plan has
// come. They show what no resource can see by itself: that two of one configuration would take
// turns undoing each other's work. M is who is granted something.
//
// They hold for one plan, or for what one apply plans again. The zero value is ready for use, and a
// nil *Claims knows of nothing and finds nothing.
type Claims[M comparable] struct {
	mu     sync.Mutex
	places map[string]*place[M]               // by target
	left   map[string]map[string]*Claim[M]    // by a target of the state, and then by resource
	taken  map[string]*Claim[M]               // by resource
	told   map[[2]string]bool                 // pairs of resources whose conflict was returned
	held   map[string]map[string]func(M) bool // by resource and target: whom the state of a resource lists
}

// Claim is what a resource is going to do with each of its targets.
type Claim[M comparable] struct {
	// Resource is the resource instance, as Instance tells it from other instances.
	Resource string
	// Targets are the applications or roles, each by a name that is unique in the service.
	Targets []string
	// Exclusive tells that the resource revokes everybody whom it does not list.
	Exclusive bool
	// Mode is what the resource sets the whole of its targets to; "" where there is no such thing,
	// or it is not known.
	Mode string
	// Members are whom an additive resource surely grants its targets, and all whom its Lists
	// accepts, Lists those whom an exclusive one may grant them. Either may be nil where it is not
	// looked at: nobody is surely granted anything, and anybody may be.
	Members iter.Seq[M]
	Lists   func(M) bool
	// Grants tells whom an additive resource surely grants, where two that grant the same are to
	// conflict; nil where they are not.
	Grants func(M) bool
	// From are the targets that the state names, and Before whom it lists there, where the plan
	// revokes what it lets go of. Unchanged tells that the plan does nothing to the resource: the
	// apply does not tell the provider that there is such a one.
	From      []string
	Before    iter.Seq[M]
	Unchanged bool
	// Describe says which resource it is, by its type and arguments: providers are not told
	// addresses.
	Describe func() string
}

// Conflict is a pair of resources of one configuration that would fight.
type Conflict[M comparable] struct {
	// Other is the resource that has made its claim before, Targets what both name, in order.
	Other   *Claim[M]
	Targets []string
	// Members are whom the additive one grants the targets and the exclusive one does not, or whom
	// two additive ones grant them. There are none between two exclusive ones, nor where the modes
	// alone differ.
	Members []M
	// Leaver lets go of Members, whom the Keeper lists too and, being unchanged, won't grant again
	// in this plan. Both are nil in the other conflicts.
	Leaver, Keeper *Claim[M]
}

// Make records a claim, in place of what the same resource has claimed before, and returns the
// conflicts with other resources. Two exclusive resources of one target always conflict, an
// exclusive and an additive one when the one surely revokes what the other surely grants or when
// their modes differ, and two additive ones when their modes differ, or when both surely grant the
// same and Grants is set: whichever lets go of it takes it from the other. So does one that lets go
// of what an unchanged one lists. The conflict of a pair is returned once: an instance that is
// replaced makes its claim twice, and another may come in between.
func (c *Claims[M]) Make(claim Claim[M]) []Conflict[M] {
	if c == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.places == nil {
		c.places, c.taken, c.told = map[string]*place[M]{}, map[string]*Claim[M]{}, map[[2]string]bool{}
		c.left = map[string]map[string]*Claim[M]{}
	}
	if before := c.taken[claim.Resource]; before != nil {
		for _, target := range before.Targets {
			c.places[target].remove(before)
		}
	}
	c.taken[claim.Resource] = &claim
	shared := map[*Claim[M]][]string{}
	for _, target := range claim.Targets {
		if c.places[target] == nil {
			c.places[target] = &place[M]{all: map[string]*Claim[M]{}, wide: map[string]*Claim[M]{}, of: map[M]map[string]*Claim[M]{}}
		}
		for other := range c.places[target].near(claim.wide(), claim.Members) {
			if targets := shared[other]; len(targets) == 0 || targets[len(targets)-1] != target {
				shared[other] = append(targets, target)
			}
		}
		c.places[target].add(&claim)
	}
	var conflicts []Conflict[M]
	for other, targets := range shared {
		pair := [2]string{min(claim.Resource, other.Resource), max(claim.Resource, other.Resource)}
		if c.told[pair] {
			continue
		}
		if members, fight := claim.fights(other); fight {
			c.told[pair] = true
			conflicts = append(conflicts, Conflict[M]{Other: other, Targets: targets, Members: members})
		}
	}
	return append(conflicts, c.losses(&claim)...)
}

// losses records what a claim lets go of, and returns what is lost by that, or was lost before, to
// a resource that is unchanged.
func (c *Claims[M]) losses(claim *Claim[M]) []Conflict[M] {
	var out []Conflict[M]
	lost := func(leaver, keeper, other *Claim[M], target string) {
		if leaver.Resource == keeper.Resource || !keeper.Unchanged || keeper.Lists == nil {
			return
		}
		var members []M
		stays := slices.Contains(leaver.Targets, target)
		for m := range leaver.Before {
			if keeper.Lists(m) && !(stays && (leaver.Lists == nil || leaver.Lists(m))) {
				members = append(members, m)
			}
		}
		if pair := [2]string{leaver.Resource + " leaves", keeper.Resource}; len(members) > 0 && !c.told[pair] {
			c.told[pair] = true
			out = append(out, Conflict[M]{Other: other, Targets: []string{target}, Members: members, Leaver: leaver, Keeper: keeper})
		}
	}
	for _, target := range claim.From {
		for keeper := range c.places[target].near(false, claim.Before) {
			lost(claim, keeper, keeper, target)
		}
		if c.left[target] == nil {
			c.left[target] = map[string]*Claim[M]{}
		}
		c.left[target][claim.Resource] = claim
	}
	if !claim.Unchanged {
		return out
	}
	for _, target := range claim.Targets {
		for _, leaver := range c.left[target] {
			lost(leaver, claim, leaver, target)
		}
	}
	return out
}

// WarnOfLoss reports what one resource of a plan takes away from another one, and takes these
// conflicts from the others. name counts and names members.
func WarnOfLoss[M comparable](diags *diag.Diagnostics, conflicts []Conflict[M], name func([]M) string) []Conflict[M] {
	return slices.DeleteFunc(conflicts, func(c Conflict[M]) bool {
		if c.Leaver != nil {
			diags.AddWarning("Access that another resource keeps will be revoked: "+c.Targets[0],
				fmt.Sprintf("Two resources list the same, and one lets go of it. The apply revokes it, and tells the provider nothing of the one that keeps it, "+
					"as this plan does not change that one: the next plan shows it there as missing and grants it again. So apply twice.\n\n"+
					"  - let go of: %s\n  - kept by: %s\n  - on %s: %s", c.Leaver.Describe(), c.Keeper.Describe(), c.Targets[0], name(c.Members)))
		}
		return c.Leaver != nil
	})
}

// fights tells whether two resources that name one target conflict.
func (c *Claim[M]) fights(other *Claim[M]) ([]M, bool) {
	modes := c.Mode != other.Mode && c.Mode != "" && other.Mode != ""
	if !c.Exclusive && !other.Exclusive {
		var common []M
		if c.Members != nil && other.Grants != nil {
			for m := range c.Members {
				if other.Grants(m) {
					common = append(common, m)
				}
			}
		}
		return common, modes || len(common) > 0
	}
	if c.Exclusive == other.Exclusive {
		return nil, true
	}
	owner, adder := c, other
	if other.Exclusive {
		owner, adder = other, c
	}
	var members []M
	if adder.Members != nil && owner.Lists != nil {
		for m := range adder.Members {
			if !owner.Lists(m) {
				members = append(members, m)
			}
		}
	}
	return members, modes || len(members) > 0
}

// Hold records whom the state of a resource lists on its targets. Terraform plans an instance that
// is replaced twice, the second time as a create that knows of no state, and a tainted one only so.
// What the state lists goes with the old instance, as the plan shows, and is not taken away by the
// new one. The resource is an instance or, where the state of a refresh is all that there is,
// OfTargets.
func (c *Claims[M]) Hold(resource string, targets []string, lists func(M) bool) {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.held == nil {
		c.held = map[string]map[string]func(M) bool{}
	}
	c.held[resource] = map[string]func(M) bool{}
	for _, target := range targets {
		c.held[resource][target] = lists
	}
}

// Held are the targets on which states list somebody, by the rest of the names of those resources
// whose names begin with a prefix.
func (c *Claims[M]) Held(prefix string) map[string][]string {
	if c == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	held := map[string][]string{}
	for resource, targets := range c.held {
		if rest, ok := strings.CutPrefix(resource, prefix); ok {
			held[rest] = slices.Sorted(maps.Keys(targets))
		}
	}
	return held
}

// OfTargets names the one resource that owns all of some targets.
func OfTargets(targets []string) string {
	return "owner of " + strings.Join(slices.Sorted(slices.Values(targets)), "\x00")
}

// Holds tells whether the state of a resource listed somebody on a target.
func (c *Claims[M]) Holds(resource, target string, member M) bool {
	if c == nil {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	lists := c.held[resource][target]
	return lists != nil && lists(member)
}

// instanceKey names in the private state what tells a resource instance from other instances.
const instanceKey = "instance"

// PrivateState is the private state that a plan is made of, and that goes with it.
type PrivateState interface {
	GetKey(ctx context.Context, key string) ([]byte, diag.Diagnostics)
	SetKey(ctx context.Context, key string, value []byte) diag.Diagnostics
}

// Instance tells a resource instance from the other instances of one plan. Terraform tells a
// provider no address, and asks twice for the plan of an instance that is replaced, the second time
// without its state. But it hands the second call what the first one has put into the private
// state, so a random name put there makes the two calls one instance. It is made anew where the
// state has none, and nothing depends on its being kept from one run to the next.
func Instance(ctx context.Context, private PrivateState) (string, diag.Diagnostics) {
	text, diags := private.GetKey(ctx, instanceKey)
	var name string
	if len(text) > 0 && json.Unmarshal(text, &name) == nil && name != "" || diags.HasError() {
		return name, diags
	}
	name = rand.Text()
	return name, private.SetKey(ctx, instanceKey, fmt.Appendf(nil, "%q", name))
}

// DestroyAdvice belongs to errors of a plan that say nothing of a destroy: before Terraform plans a
// destroy it makes an ordinary plan, only to refresh the state, and the errors of that plan end it.
const DestroyAdvice = "To destroy what is there as it is, use `terraform destroy -refresh=false`: otherwise this plan is made before the destroy is planned."

// SortedLines puts texts under each other in an order that doesn't vary from run to run.
func SortedLines(texts []string) string {
	return strings.Join(slices.Sorted(slices.Values(texts)), "\n")
}
