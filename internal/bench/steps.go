// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package bench

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/appaccess/terraform-provider-appaccess/internal/bench/inprocess"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/huaweicloud"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
	"github.com/appaccess/terraform-provider-appaccess/internal/provider"
)

// direct is a workload of one resource as the protocol sees it.
type direct interface {
	Workload
	// block is the provider block, and resource the configuration.
	block() map[string]any
	resource(changed bool) (typeName string, configuration any)
}

// inProcess are the steps of a workload in this process, against a mock in this process. Each step starts the provider as often as
// Terraform does.
type inProcess struct {
	w        direct
	service  Service
	options  []provider.Option
	instance *inprocess.Instance
	change   *inprocess.Change
}

// RunInProcess runs all steps of a workload in this process. around is called with each step, which it has to run, and after is
// called with the requests that the step made. It is an error when a step does not find what it should.
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
	network := inprocess.NewNetwork()
	typeName, _ := w.resource(false)
	p := inProcess{
		w: w, service: w.Service(recorder, Conditions{}), instance: &inprocess.Instance{TypeName: typeName},
		options: []provider.Option{provider.WithDial(network.Dial), provider.WithEnvironment(func(string) string { return "" })},
	}
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

func (p *inProcess) run(ctx context.Context, step Step) error {
	switch step {
	case Plan:
		return p.plan(ctx, p.instance, false, true)
	case Apply, ChangeApply:
		return p.apply(ctx)
	case NoOpPlan:
		return p.refresh(ctx, p.instance, false, false)
	case ChangePlan:
		return p.refresh(ctx, p.instance, true, true)
	case DriftPlan:
		return p.refresh(ctx, new(*p.instance), true, true) // nobody applies, so the state stays as it was
	case Destroy:
		return p.destroy(ctx)
	}
	return fmt.Errorf("there is no step %q", step)
}

func (p *inProcess) start(ctx context.Context) (*inprocess.Process, error) {
	return inprocess.Start(ctx, p.w.block(), p.options...)
}

// plan plans the configuration of a resource that isn't there.
func (p *inProcess) plan(ctx context.Context, i *inprocess.Instance, changed, expect bool) error {
	process, err := p.start(ctx)
	if err != nil {
		return err
	}
	return p.planIn(ctx, process, i, changed, expect)
}

// refresh reads the resource and plans the configuration.
func (p *inProcess) refresh(ctx context.Context, i *inprocess.Instance, changed, expect bool) error {
	process, err := p.start(ctx)
	if err != nil {
		return err
	}
	if _, err := process.Refresh(ctx, i); err != nil {
		return err
	}
	return p.planIn(ctx, process, i, changed, expect)
}

func (p *inProcess) planIn(ctx context.Context, process *inprocess.Process, i *inprocess.Instance, changed, expect bool) error {
	_, configuration := p.w.resource(changed)
	change, err := process.Plan(ctx, i, configuration)
	if err != nil {
		return err
	}
	if change.Update != expect {
		return fmt.Errorf("the plan finds something to do: %t", change.Update)
	}
	p.change = change
	return nil
}

// apply applies what was planned in another process, which Terraform plans again in this one.
func (p *inProcess) apply(ctx context.Context) error {
	process, err := p.start(ctx)
	if err != nil {
		return err
	}
	if err := process.Replan(ctx, p.instance, p.change); err != nil {
		return err
	}
	return process.Apply(ctx, p.instance, p.change)
}

// destroy refreshes, plans and applies in a process each.
func (p *inProcess) destroy(ctx context.Context) error {
	var processes [3]*inprocess.Process
	for i := range processes {
		var err error
		if processes[i], err = p.start(ctx); err != nil {
			return err
		}
	}
	if _, err := processes[0].Refresh(ctx, p.instance); err != nil {
		return err
	}
	change, err := processes[1].Plan(ctx, p.instance, nil)
	if err != nil {
		return err
	}
	return processes[2].Apply(ctx, p.instance, change)
}

func (w authorizationSet) block() map[string]any { return providerBlock(huaweicloud.Quota{}) }

// providerBlock is a provider block for the mock, with the given quota.
func providerBlock(quota huaweicloud.Quota) map[string]any {
	return map[string]any{"huaweicloud": map[string]any{
		"region": region, "access_key": accessKey, "secret_key": secretKey, "project_id": projectID,
		"workspace_endpoint": "http://127.0.0.1", "iam_endpoint": "http://127.0.0.1",
		"requests_per_minute": map[string]int{"read": quota.Read, "write": quota.Write},
	}}
}

func (w authorizationSet) resource(changed bool) (typeName string, configuration any) {
	_, data := w.Configuration(changed)
	return "appaccess_huaweicloud_app_authorization_set", data
}

func (w roleGrants) block() map[string]any {
	return map[string]any{"venafi": map[string]any{
		"url": "http://127.0.0.1", "client_id": clientID, "username": "local:bench", "password": venafiPassword,
	}}
}

// resource is that of a set.
func (w roleGrants) resource(changed bool) (typeName string, configuration any) {
	return "appaccess_venafi_oauth_role_grant_set", map[string]any{
		"role": "application_maintainer", "application_id": application, "grantees": w.grantees(changed),
	}
}

// Work is what a step took that can be counted, so that a busy machine counts the same.
type Work struct {
	Requests           map[string]int
	Allocations, Bytes uint64
}
