// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

// Package bench measures the provider as people use it: a real Terraform, a mock service in a
// process of its own, and beside each step of the provider the same step of the floor, a provider
// with the same schema that does nothing.
package bench

import (
	"fmt"
	"net/http"
	"strconv"

	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
)

// Step is one thing that people do with Terraform.
type Step string

// The steps of a workload, in their order.
const (
	Plan        Step = "plan"
	Apply       Step = "apply"
	NoOpPlan    Step = "no-op plan"
	ChangePlan  Step = "plan of a 1 % change"
	ChangeApply Step = "apply of a 1 % change"
	DriftPlan   Step = "refresh with 1 % drift"
	Destroy     Step = "destroy"
)

// Steps are all steps, in their order.
var Steps = []Step{Plan, Apply, NoOpPlan, ChangePlan, ChangeApply, DriftPlan, Destroy}

// Workload is something to manage: what the service has at first, the configuration, and what
// happens to both.
type Workload interface {
	// Title says what is managed.
	Title() string
	// Provider is the provider block's attribute for the service at a URL, without its name.
	Provider(url string) (name, attributes string)
	// Configuration is HCL, and the data that it reads from data.json. changed is the configuration
	// after the 1 % change.
	Configuration(changed bool) (hcl string, data any)
	// Service starts the mock.
	Service(recorder *wire.Recorder, conditions Conditions) Service
	// Least is the smallest number of requests that a step can do with, by operation.
	Least(step Step) map[string]int
}

// Service is a mock at work.
type Service interface {
	http.Handler
	// Drift takes 1 % of what the configuration has granted away, behind Terraform's back.
	Drift() error
}

// Spec names a workload, so that another process can make the same.
type Spec struct {
	Kind Kind `json:"kind"`
	Size int  `json:"size"`           // accounts, grants or applications
	Apps int  `json:"apps,omitempty"` // applications of an authorization set
	// Counts tells that its provider has verification = "count".
	Counts bool `json:"counts,omitempty"`
}

// Kind is a kind of workload.
type Kind string

// The kinds of workloads.
const (
	AuthorizationSet Kind = "authorization_set" // accounts of one appaccess_huaweicloud_app_authorization_set
	RoleGrantSet     Kind = "role_grant_set"    // grants of one appaccess_venafi_oauth_role_grant_set
	RuleSet          Kind = "rule_set"          // rules of one appaccess_venafi_oauth_access_set
	RoleGrants       Kind = "role_grants"       // instances of appaccess_venafi_oauth_role_grant
	AppData          Kind = "app_data"          // instances of appaccess_enos_app_data_authorization
)

// Workload makes the workload.
func (s Spec) Workload() (Workload, error) {
	switch s.Kind {
	case AuthorizationSet:
		return authorizationSet{size: s.Size, apps: s.Apps, counts: s.Counts}, nil
	case RoleGrantSet:
		return roleGrants{size: s.Size, set: true}, nil
	case RuleSet:
		return rules{roleGrants{size: s.Size, set: true}}, nil
	case RoleGrants:
		return roleGrants{size: s.Size}, nil
	case AppData:
		return appData{size: s.Size}, nil
	}
	return nil, fmt.Errorf("there is no workload %q", s.Kind)
}

// thousands writes 20000 as 20,000.
func thousands(n int) string {
	text := strconv.Itoa(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

func counted(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return thousands(n) + " " + noun
}

func ceil(n, size int) int { return (n + size - 1) / size }
