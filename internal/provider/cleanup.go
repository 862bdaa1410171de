// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"context"
	"sync"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/venafi"
)

// Cleanup is what is left to do when the provider's server has ended.
type Cleanup struct {
	mu   sync.Mutex
	todo []func(context.Context) error
}

// WithCleanup has the provider note in c what to do at the end.
func WithCleanup(c *Cleanup) Option { return func(p *appaccess) { p.cleanup = c } }

// Run revokes the tokens that the provider got for itself. It ends with ctx, and says nothing where
// it fails: nobody listens any more, and the tokens end by themselves.
func (c *Cleanup) Run(ctx context.Context) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var wait sync.WaitGroup
	for _, do := range c.todo {
		wait.Go(func() { _ = do(ctx) })
	}
	wait.Wait()
	c.todo = nil
}

func (c *Cleanup) add(do func(context.Context) error) {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.todo = append(c.todo, do)
}

// openVenafi makes the client, whose token goes at the end of the run.
func (p *appaccess) openVenafi(config venafi.Config) (*venafi.Client, error) {
	client, err := venafi.New(config)
	if err == nil {
		p.cleanup.add(client.Close)
	}
	return client, err
}
