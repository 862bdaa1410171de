// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

// Package enos is what the gateway and the Application Portal of EnOS are asked: see API.md of the
// client, whose open questions these are.
//
// What is put back is a list of types. So the scratch application must have one that can be read.
package enos

import (
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/enos"
	"github.com/appaccess/terraform-provider-appaccess/internal/probe"
	"github.com/appaccess/terraform-provider-appaccess/internal/provider"
)

// Service is the Application Portal.
func Service() probe.Service {
	return probe.Service{Name: "enos", Title: "Envision EnOS", Questions: questions, Targets: declare}
}

// targets are what the caller names.
type targets struct {
	org, app     string
	own, refresh bool
}

func declare(flags *flag.FlagSet) func(context.Context, *probe.Env) (probe.Subject, error) {
	t := &targets{}
	flags.StringVar(&t.org, "org", "", "the `ID` of the organization that has the scratch application")
	flags.StringVar(&t.app, "app", "", "the access `KEY` of a scratch application that has one data authorize type at least")
	flags.BoolVar(&t.own, "own", false, "give the calling application, if the organization has it, the list again that it has")
	flags.BoolVar(&t.refresh, "refresh", false, "refresh the access token, which may end it for other programs that use this access key: they have to get another")
	return func(ctx context.Context, env *probe.Env) (probe.Subject, error) {
		client, err := provider.Client(ctx, env.Data.Enos)
		if err != nil {
			return nil, err
		}
		if t.org == "" || t.app == "" {
			return nil, errors.New("name a scratch application with -org ID and -app KEY")
		}
		s := &subject{env: env, client: client, targets: t, nobody: strings.ToLower(rand.Text())}
		for name, as := range map[string]string{t.org: "<org>", t.app: "<app>", client.AccessKey(): "<caller>", s.nobody: "<nobody>"} {
			env.Names.Add(name, as)
		}
		if gateway, err := url.Parse(client.Gateway()); err == nil {
			env.Names.Add(gateway.Host, "<host>")
		}
		return s, nil
	}
}

const (
	// lag is how long a write may take that nobody answered.
	lag = 4 * time.Second
	// atOnce is how often a list is read before it is waited for.
	atOnce = 5
)

// subject is a gateway with its scratch application.
type subject struct {
	env     *probe.Env
	client  *enos.Client
	targets *targets
	// nobody is an access key that no application has.
	nobody string

	token string
	// used counts the calls with the token, most those with the one that had most, and lives has
	// the counts of those that died; refused is how the last did.
	stamp      int64
	used, most int
	lives      []int
	refused    string

	// before are the types of the scratch application; unreadable says why they are not known.
	before        []string
	unreadable    string
	dirty, unsure bool
}

// Prepare reads what the application has. A list that can't be read is a finding, and keeps the run
// from writing.
func (s *subject) Prepare(ctx context.Context) error {
	if err := s.renew(ctx); err != nil {
		return err
	}
	a, err := s.info(ctx, s.targets.app)
	if err != nil {
		return err
	}
	if a.failed() && a.text("status") != "0" { // else it contradicts itself
		return fmt.Errorf("the service does not show application %s in organization %s: %s", s.targets.app, s.targets.org, a)
	}
	types, whole := a.types()
	switch {
	case !whole:
		s.unreadable = "the service does not list what the application has, so that nothing could be put back"
	case len(types) == 0 && !s.env.ReadOnly:
		return fmt.Errorf("application %s has no data authorize type: give it one, so that it shows how a list reads", s.targets.app)
	}
	s.before = types
	return nil
}

// Restore sets the list that was there, and waits until it is listed.
func (s *subject) Restore(ctx context.Context) error {
	if !s.dirty {
		return nil
	}
	if s.unsure { // it may still be carried out
		if err := s.env.Wait(ctx, lag); err != nil {
			return err
		}
	}
	unsure := s.unsure
	_, err := s.set(ctx, s.targets.app, s.before)
	var now []string
	if err == nil {
		now, err = s.await(ctx, s.before)
	}
	if err == nil && !slices.Equal(now, s.before) {
		err = errors.New("the service lists others after they were set")
	}
	if err != nil {
		return fmt.Errorf("application %s may not have its data authorize types any more; give it %s in the console: %w", s.targets.app, strings.Join(s.before, ", "), err)
	}
	s.dirty, s.unsure = false, s.unsure && !unsure
	return nil
}

// await reads until the list is as wanted: at once, after a second, after a minute.
func (s *subject) await(ctx context.Context, wanted []string) (types []string, err error) {
	_, types, err = s.settle(ctx, wanted)
	return types, err
}

// settle is await that tells how long it took, in the positions of the switch; "" is too long.
func (s *subject) settle(ctx context.Context, wanted []string) (position string, types []string, err error) {
	for try := range atOnce + 2 {
		switch try {
		case atOnce:
			err = s.env.Wait(ctx, time.Second)
		case atOnce + 1:
			err = s.env.Wait(ctx, time.Minute)
		}
		if err != nil {
			return "", nil, err
		}
		a, err := s.info(ctx, s.targets.app)
		if err != nil {
			return "", nil, err
		}
		if types, _ = a.types(); slices.Equal(types, wanted) {
			return []string{"none", "once", "three_times", "three_times", "three_times", "second", "minute"}[try], types, nil
		}
	}
	return "", types, nil
}
