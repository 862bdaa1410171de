// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package model

import (
	"fmt"
	"strings"

	"github.com/appaccess/terraform-provider-appaccess/internal/acctest/core"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/venafi"
)

// rules are who may use two applications of Venafi: three sets share the first, and an exclusive
// resource has the second.
type rules struct {
	*trust
	// wide tells that the sets want more scopes than at first. They never want fewer again: a set
	// that lists somebody whose rule says more leaves that alone until a plan has shown it.
	wide bool
}

var exclusiveAccess = core.Address{Type: "appaccess_venafi_oauth_access_exclusive", Name: "owner"}

func newRules(r *run) estate {
	v := &rules{trust: newTrust(r).(*trust)}
	switches := venafi.Switches{
		AbsentRule: pick(r, venafi.ResultSuccess, ""), RuleFields: pick(r, "", venafi.RuleFieldsFour), MoreFields: pick(r, "", venafi.Sent),
		ScopeSpelling: pick(r, "", venafi.ScopeUpper),
	}
	v.mock.SetSwitches(switches)
	r.note("switches: %+v", switches)
	return v
}

func (v *rules) edit() {
	v.trust.edit()
	v.wide = v.wide || v.r.one(30)
	v.r.note("wide: %t", v.wide)
}

func (v *rules) resources() []core.Resource {
	scope := "certificate"
	if v.wide {
		scope = "certificate;configuration"
	}
	set := func(a core.Address, app string, who []string) core.Resource {
		return core.Resource{Address: a, Attributes: map[string]any{"application_id": app, "maximum_scope": scope, "trustees": labelled(who), "max_revocations": 100}}
	}
	var out []core.Resource
	for i, here := range []bool{v.here[0], v.here[1], len(v.of(2)) > 0} {
		if here {
			out = append(out, set(core.Address{Type: "appaccess_venafi_oauth_access_set", Name: fmt.Sprintf("set%d", i)}, "app0", v.of(i)))
		}
	}
	if v.owned != nil {
		out = append(out, set(exclusiveAccess, "app1", v.owned))
	}
	return out
}

func (v *rules) granted() grants {
	out := grants{}
	for _, rule := range v.mock.Rules() {
		out[rule.ApplicationID+"|"+rule.Trustee] = true
	}
	return out
}

func (v *rules) grant(key string) {
	app, who, _ := strings.Cut(key, "|")
	if err := v.mock.AddRules(venafi.Rule{ApplicationID: app, Trustee: who, MaximumScope: "certificate"}); err != nil {
		v.r.t.Fatal(err)
	}
}

func (v *rules) revoke(key string) {
	app, who, _ := strings.Cut(key, "|")
	v.mock.RemoveRule(app, who)
}

func (v *rules) writes() []string {
	return []string{venafi.CreateRule, venafi.CreateRule, venafi.UpdateRule, venafi.DeleteRule}
}

func (v *rules) reads() []string { return []string{venafi.GetRules, venafi.AuthorizeOAuth} }

func (v *rules) keys(attributes map[string]any) []string {
	app, _ := attributes["application_id"].(string)
	var out []string
	list, _ := attributes["trustees"].(map[string]any)
	for _, who := range list {
		out = append(out, fmt.Sprintf("%s|%s", app, who))
	}
	return out
}
