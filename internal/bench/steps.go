// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package bench

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/appaccess/terraform-provider-appaccess/internal/acctest/core"
	"github.com/appaccess/terraform-provider-appaccess/internal/bench/workload"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/huaweicloud"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
	"github.com/appaccess/terraform-provider-appaccess/internal/provider"
)

// direct is a workload of one resource as the protocol sees it.
type direct interface {
	Workload
	// block is the provider block, and resource the configuration.
	block() map[string]any
	resource(changed bool) core.Resource
}

// inProcess are the steps of a workload in this process, against a mock in this process.
type inProcess struct {
	w         direct
	service   Service
	terraform *core.Terraform
	plan      *core.Plan
}

// RunInProcess runs all steps of a workload in this process. around is called with each step, which
// it has to run, and after is called with the requests that the step made. It is an error when a
// step does not find what it should.
func RunInProcess(
	ctx context.Context, spec Spec, around func(step Step, run func() error) error, after func(step Step, requests map[string]int) error,
) (err error) {
	workload, err := spec.Workload()
	if err != nil {
		return err
	}
	w, ok := workload.(direct)
	if !ok || spec.Kind == RoleGrants {
		return fmt.Errorf("%s can't be run in this process", workload.Title())
	}
	recorder := &wire.Recorder{}
	recorder.Limit(-1, -1)
	network := newNetwork()
	p := inProcess{w: w, service: w.Service(recorder, Conditions{}), terraform: terraformOn(network, w.block())}
	server := &http.Server{Handler: p.service, ReadHeaderTimeout: time.Minute}
	done := make(chan error, 1)
	go func() { done <- server.Serve(network) }()
	defer func() {
		err = errors.Join(err, server.Close())
		if e := <-done; !errors.Is(e, http.ErrServerClosed) {
			err = errors.Join(err, e)
		}
	}()
	for _, step := range Steps {
		if step == DriftPlan {
			if err := p.service.Drift(); err != nil {
				return err
			}
		}
		recorder.Reset()
		if err := around(step, func() error { return p.run(ctx, step) }); err != nil {
			return fmt.Errorf("%s: %s: %w", w.Title(), step, err)
		}
		if violations := recorder.Violations(); len(violations) > 0 {
			return fmt.Errorf("%s: %s: %s", w.Title(), step, violations[0])
		}
		if err := after(step, recorder.Counts()); err != nil {
			return err
		}
	}
	return nil
}

// terraformOn is a Terraform in this process whose provider reaches the services on a network.
func terraformOn(network *network, block map[string]any) *core.Terraform {
	return &core.Terraform{Provider: block, State: core.State{}, Server: func() tfprotov6.ProviderServer {
		return providerserver.NewProtocol6(provider.New("bench", provider.WithDial(network.Dial),
			provider.WithEnvironment(func(string) string { return "" }))())()
	}}
}

func (p *inProcess) run(ctx context.Context, step Step) error {
	switch step {
	case Plan:
		return p.planned(ctx, false, true)
	case NoOpPlan:
		return p.planned(ctx, false, false)
	case ChangePlan, DriftPlan: // nobody applies the plan after a drift
		return p.planned(ctx, true, true)
	case Apply, ChangeApply:
		return p.apply(ctx)
	case Destroy:
		plan, err := p.terraform.PlanDestroy(ctx, []core.Resource{p.w.resource(true)})
		if err == nil {
			err = plan.Err()
		}
		if err != nil {
			return err
		}
		p.plan = plan
		return p.apply(ctx)
	}
	return fmt.Errorf("there is no step %q", step)
}

// planned plans the configuration, which must find something to do or not.
func (p *inProcess) planned(ctx context.Context, changed, expect bool) error {
	plan, err := p.terraform.Plan(ctx, []core.Resource{p.w.resource(changed)})
	if err == nil {
		err = plan.Err()
	}
	if err != nil {
		return err
	}
	if plan.Empty() == expect {
		return fmt.Errorf("the plan finds something to do: %t", !expect)
	}
	p.plan = plan
	return nil
}

func (p *inProcess) apply(ctx context.Context) error {
	diags, err := p.terraform.Apply(ctx, p.plan)
	if err != nil {
		return err
	}
	return diags.Err()
}

func (w authorizationSet) block() map[string]any {
	return providerBlock(huaweicloud.Quota{}, w.verification())
}

// providerBlock is a provider block for the mock, with the given quota.
func providerBlock(quota huaweicloud.Quota, verification string) map[string]any {
	return map[string]any{"huaweicloud": map[string]any{
		"verification": verification,
		"region":       region, "access_key": accessKey, "secret_key": secretKey, "project_id": projectID,
		"workspace_endpoint": "http://127.0.0.1", "iam_endpoint": "http://127.0.0.1",
		"requests_per_minute": map[string]int{"read": quota.Read, "write": quota.Write},
	}}
}

func (w authorizationSet) resource(changed bool) core.Resource {
	accounts := workload.List(w.size)
	if changed {
		accounts = workload.Changed(w.size)
	}
	return authorizationSetOf(workload.AppIDs(w.apps), accounts)
}

func authorizationSetOf(apps []string, accounts []workload.Account) core.Resource {
	of := workload.ByDomain(accounts)
	return core.Resource{
		Address:    core.Address{Type: "appaccess_huaweicloud_app_authorization_set", Name: "bench"},
		Attributes: map[string]any{"app_ids": apps, "users": of.Users, "user_groups": of.UserGroups},
	}
}

func (w roleGrants) block() map[string]any {
	return map[string]any{"venafi": map[string]any{
		"url": "http://127.0.0.1", "client_id": clientID, "username": "local:bench", "password": venafiPassword,
	}}
}

// resource is that of a set.
func (w roleGrants) resource(changed bool) core.Resource {
	return core.Resource{
		Address:    core.Address{Type: "appaccess_venafi_oauth_role_grant_set", Name: "bench"},
		Attributes: map[string]any{"role": "application_maintainer", "application_id": application, "grantees": w.grantees(changed)},
	}
}

// Work is what a step took that can be counted, so that a busy machine counts the same.
type Work struct {
	Requests           map[string]int
	Allocations, Bytes uint64
}
