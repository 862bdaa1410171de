// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/rest"
	api "github.com/appaccess/terraform-provider-appaccess/internal/api/venafi"
)

// maxNames is how many grantees a message names.
const maxNames = 10

// insight is what a plan knows beyond its attributes.
type insight struct {
	wanted, prior                       api.GrantSet
	delta                               api.GrantDelta
	create, destroy, replace, exclusive bool
	maxRevocations                      types.Int64
	quota                               rest.Quota
}

// warn says what the apply will do that the attributes don't show, a warning for each kind of surprise. A plan that changes
// nothing on the service warns of nothing.
func (in insight) warn(diags *diagnostics, clashes []api.Grant) {
	switch {
	case in.destroy || in.replace:
		in.warnEnd(diags)
	default:
		in.warnForeign(diags)
		in.warnClashes(diags, clashes)
	}
	in.warnSlow(diags)
}

func (in insight) warnEnd(diags *diagnostics) {
	if len(in.delta.Revoke) == 0 {
		return
	}
	who := fmt.Sprintf("%s will lose the role %s:\n\n%s\n\n", counted(len(in.delta.Revoke), "grantee"), in.prior, newNames(in.prior).lines(in.delta.Revoke))
	if in.replace {
		diags.AddAttributeWarning(path.Root("role"), "Replacing revokes access", "Another role or application makes a new resource, and the old one is destroyed. "+who+
			"To leave the access as it is, set on_destroy = \"keep\" and apply before you change the role.")
		return
	}
	diags.AddWarning("Destroying revokes access", who+"To forget the resource and leave the access as it is, set on_destroy = \"keep\" and apply before you destroy.")
}

// warnForeign tells of grantees from whom an exclusive set takes the role and whom its state does not list. What the state
// lists shows in the diff.
func (in insight) warnForeign(diags *diagnostics) {
	had := map[api.Key]bool{}
	for _, grantee := range in.prior.Grantees {
		had[in.prior.Grant(grantee).Key()] = true
	}
	foreign := slices.DeleteFunc(slices.Clone(in.delta.Revoke), func(g api.Grant) bool { return had[g.Key()] })
	if len(foreign) == 0 {
		return
	}
	diags.AddAttributeWarning(path.Root("grantees"), "Grantees that are not listed will be revoked",
		fmt.Sprintf("This resource owns who holds the role %s. %s that it does not list will lose it:\n\n%s", in.wanted, counted(len(foreign), "grantee"),
			newNames().lines(foreign)))
}

// warnClashes tells where a role on the whole installation meets roles on applications.
func (in insight) warnClashes(diags *diagnostics, clashes []api.Grant) {
	if len(clashes) == 0 {
		return
	}
	text := newNames(in.wanted).grants(clashes)
	if in.wanted.Role.Overrides() {
		diags.AddAttributeWarning(path.Root("role"), "A role on the whole installation overrides roles on applications",
			fmt.Sprintf("Whoever holds %s has nothing of roles on applications: the server looks at the former alone. Grantees may lose what these roles give, "+
				"which they hold or this plan grants:\n\n%s", in.wanted, text))
		return
	}
	diags.AddAttributeWarning(path.Root("role"), "The role is overridden by a role on the whole installation",
		fmt.Sprintf("%s has no effect while a grantee holds a role on the whole installation, since the server looks at that one alone. Held, or granted by this "+
			"plan:\n\n%s", in.wanted, text))
}

// warnSlow tells how long the apply takes when the quota makes it longer than a minute.
func (in insight) warnSlow(diags *diagnostics) {
	writes := len(in.delta.Grant) + len(in.delta.Revoke)
	if in.quota.Write <= 0 || writes < 2*in.quota.Write {
		return // the first requests wait for nothing
	}
	minutes := math.Ceil(float64(writes-in.quota.Write) / float64(in.quota.Write))
	diags.AddWarning("The apply takes a while",
		fmt.Sprintf("It sends %s. At requests_per_minute of read = %d and write = %d that takes about %d minutes. How far it is shows in the log at level INFO.",
			counted(writes, "request"), in.quota.Read, in.quota.Write, int(minutes)))
}

// names calls grantees by their labels.
type names map[string]string

func newNames(sets ...api.GrantSet) names {
	n := names{}
	for _, set := range sets {
		for label, grantee := range set.Grantees {
			n[api.CanonicalGrantee(grantee)] = label
		}
	}
	return n
}

func (n names) of(grantee string) string {
	if label, ok := n[api.CanonicalGrantee(grantee)]; ok && !api.SameGrantee(label, grantee) {
		return fmt.Sprintf("%s (%s)", label, grantee)
	}
	return grantee
}

// lines names the first grantees, and how many more there are.
func (n names) lines(grants []api.Grant) string {
	return firstLines(grants, func(g api.Grant) string { return n.of(g.Grantee) })
}

// grants is lines with the roles.
func (n names) grants(grants []api.Grant) string {
	return firstLines(grants, func(g api.Grant) string {
		role := api.GrantSet{Role: g.Role, ApplicationID: g.ApplicationID}
		return fmt.Sprintf("%s for %s", role, n.of(g.Grantee))
	})
}

func firstLines(grants []api.Grant, text func(api.Grant) string) string {
	var b strings.Builder
	for i, g := range grants {
		if i == maxNames {
			fmt.Fprintf(&b, "  … and %d more\n", len(grants)-i)
			break
		}
		fmt.Fprintf(&b, "  - %s\n", text(g))
	}
	return strings.TrimRight(b.String(), "\n")
}

func sortedLabels(set api.GrantSet) []string { return slices.Sorted(maps.Keys(set.Grantees)) }

func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
