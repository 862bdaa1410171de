// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	api "github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud"
	"github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud/authset"
	"github.com/appaccess/terraform-provider-appaccess/internal/api/rest"
)

// maxLines is how many applications a warning lists.
const maxLines = 20

// insight is what a plan knows beyond its attributes.
type insight struct {
	wanted, prior authset.Set
	actual        authset.Actual
	deltas        authset.Deltas
	quota         rest.Quota
}

// warn says what the apply will do that the attributes don't show, a warning for each kind of surprise. A plan that
// changes nothing on the service warns of nothing.
func (r *setResource) warn(diags *diag.Diagnostics, in insight) {
	destroy := len(in.wanted.AppIDs) == 0
	if destroy {
		in.warnDestroy(diags)
	}
	in.warnModes(diags, r.kind.exclusive)
	if !destroy {
		in.warnLeaving(diags)
	}
	in.warnSlow(diags)
}

func (in insight) warnDestroy(diags *diag.Diagnostics) {
	apps := 0
	for _, delta := range in.deltas.Apps {
		if len(delta.Revoke) > 0 {
			apps++
		}
	}
	if apps == 0 {
		return
	}
	diags.AddWarning("Destroying revokes access",
		fmt.Sprintf("%s on %s will be revoked:\n\n%s\n\nTo forget the resource and leave the access as it is, set on_destroy = \"keep\" and apply "+
			"before you destroy.", counted(in.deltas.Revocations(), "authorization"), counted(apps, "application"), revocationLines(in.deltas)))
}

func (in insight) warnModes(diags *diag.Diagnostics, exclusive bool) {
	var closed, opened []string
	for _, delta := range in.deltas.Apps {
		switch {
		case !delta.Flip:
		case delta.Mode == api.AllUser:
			opened = append(opened, delta.App.String())
		case delta.App.AuthorizationType == api.AllUser:
			closed = append(closed, delta.App.String())
		}
	}
	if len(closed) > 0 {
		who := fmt.Sprintf("only the %s that this resource lists, and who was granted it by others, may use it", counted(len(in.wanted.Accounts), "account"))
		switch {
		case len(in.wanted.AppIDs) == 0 && exclusive:
			who = "nobody may use it"
		case len(in.wanted.AppIDs) == 0:
			who = "only who was granted it by others may use it"
		case exclusive:
			who = fmt.Sprintf("only the %s that this resource lists may use it", counted(len(in.wanted.Accounts), "account"))
		}
		diags.AddAttributeWarning(path.Root("authorization_type"), "Applications that are open to everybody will be closed",
			"Everybody may use these applications now. The apply sets each to ASSIGN_USER: afterwards "+who+".\n\n"+lines(closed))
	}
	if len(opened) > 0 {
		diags.AddAttributeWarning(path.Root("authorization_type"), "Applications will be opened to everybody",
			"Only assigned accounts may use these applications now. The apply sets each to ALL_USER: afterwards every user of the Workspace may use "+
				"it, whatever others have assigned.\n\n"+lines(opened))
	}
}

// warnLeaving tells of applications that leave app_ids: the diff shows the id, and not who loses it.
func (in insight) warnLeaving(diags *diag.Diagnostics) {
	var text []string
	count := 0
	for _, delta := range in.deltas.Apps {
		if !slices.Contains(in.wanted.AppIDs, delta.App.ID) && len(delta.Revoke) > 0 {
			count += len(delta.Revoke)
			text = append(text, revocationLine(delta.App, delta.Revoke))
		}
	}
	if count > 0 {
		diags.AddAttributeWarning(path.Root("app_ids"), "Applications that leave app_ids lose their accounts",
			fmt.Sprintf("%s will be revoked:\n\n%s", counted(count, "authorization"), lines(text)))
	}
}

// warnForeign tells of accounts that came since the state was refreshed, and that an exclusive set
// leaves alone until a plan has shown them.
func warnForeign(diags *diag.Diagnostics, actual authset.Actual, unlisted map[string][]api.Handle) {
	if len(unlisted) == 0 {
		return
	}
	var text []string
	for _, id := range slices.Sorted(maps.Keys(unlisted)) {
		text = append(text, revocationLine(actual[id].App, unlisted[id]))
	}
	first := actual[slices.Min(slices.Collect(maps.Keys(unlisted)))].App
	diags.AddAttributeWarning(path.Root("app_ids"), "Accounts were granted since the plan, and keep access: "+first.String(),
		"Somebody has granted these accounts since the state was last read. This resource owns who may use its applications, "+
			"but revokes only what a plan has shown: they keep access, and the next plan shows each with a `-`.\n\n"+lines(text))
}

// warnSlow tells how long the apply takes when the quota makes it longer than a minute.
func (in insight) warnSlow(diags *diag.Diagnostics) {
	if in.deltas.Empty() {
		return
	}
	writes, reads := in.deltas.Requests(), in.reads()
	minutes := quotaMinutes(writes, in.quota.Write) + quotaMinutes(reads, in.quota.Read)
	if minutes < 1 {
		return
	}
	diags.AddWarning("The apply takes a while",
		fmt.Sprintf("It sends %s and reads back with about %d more. At requests_per_minute of read = %d and write = %d that takes about %d minutes. "+
			"How far it is shows in the log at level INFO.", counted(writes, "request"), reads, in.quota.Read, in.quota.Write, int(math.Ceil(minutes))))
}

// reads is about how many lists the apply asks for: before it writes, and again what it has written.
func (in insight) reads() int {
	const pageSize = 100
	n := 2 * (len(in.actual)/pageSize + 1)
	for _, status := range in.actual {
		n += len(status.Accounts)/pageSize + 1
	}
	for _, delta := range in.deltas.Apps {
		n += max(0, len(in.actual[delta.App.ID].Accounts)+len(delta.Grant)-len(delta.Revoke))/pageSize + 1
	}
	return n
}

// quotaMinutes is how long n requests take at a quota of so many in any minute: the first ones wait for nothing.
func quotaMinutes(n, perMinute int) float64 {
	if perMinute <= 0 || n <= perMinute {
		return 0
	}
	return float64(n-perMinute) / float64(perMinute)
}

func revocationLines(deltas authset.Deltas) string {
	var text []string
	for _, delta := range deltas.Apps {
		if revoked := slices.Concat(delta.Replace, delta.Revoke); len(revoked) > 0 && delta.Mode != api.AllUser {
			text = append(text, revocationLine(delta.App, revoked))
		}
	}
	return lines(text)
}

func revocationLine(app api.App, accounts []api.Handle) string {
	return fmt.Sprintf("%s: %s: %s", app, counted(len(accounts), "account"), authset.NameAccounts(accounts))
}

func lines(text []string) string {
	var b strings.Builder
	for i, line := range text {
		if i == maxLines {
			fmt.Fprintf(&b, "  … and %s more\n", counted(len(text)-i, "application"))
			break
		}
		fmt.Fprintf(&b, "  - %s\n", line)
	}
	return strings.TrimRight(b.String(), "\n")
}

func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
