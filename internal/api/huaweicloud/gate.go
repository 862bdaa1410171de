// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud

import (
	"context"
	"net/http"
	"strings"
	"sync"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/rest"
)

// gate keeps a wrong key from being locked, which five signatures in a row that don't hold do for
// five minutes. Until the service has accepted one signature, requests go one at a time; and once
// it has refused one, none goes any more.
type gate struct {
	turn chan struct{} // holds a token while nobody tries an unproven key

	mu      sync.Mutex
	proven  bool
	holder  bool        // a request tries
	refused *rest.Error // the service's 401
}

func newGate() *gate {
	g := &gate{turn: make(chan struct{}, 1)}
	g.turn <- struct{}{}
	return g
}

// enter waits until a request may be signed and sent. After nil, leave must be called.
func (g *gate) enter(ctx context.Context) error {
	if done, err := g.state(); done {
		return err
	}
	select {
	case <-g.turn:
	case <-ctx.Done():
		return ctx.Err()
	}
	if done, err := g.state(); done {
		g.turn <- struct{}{}
		return err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.holder = true
	return nil
}

// state tells whether the question is decided, and how.
func (g *gate) state() (bool, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if e := g.refused; e != nil {
		return true, &rest.Error{
			Status: e.Status, StatusText: e.StatusText, Code: e.Code, RequestID: e.RequestID, Unsent: true,
			Message: "not sent, since the service refused the key before: " + e.Message,
		}
	}
	return g.proven, nil
}

// leave takes note of how an attempt ended: e is nil when it succeeded.
func (g *gate) leave(e *rest.Error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case e != nil && e.Status == http.StatusUnauthorized:
		if g.refused == nil {
			g.refused = new(*e)
		}
	case e == nil || strings.HasPrefix(e.Code, "WKS."):
		// Only what is behind the gateway answers so: the signature held.
		g.proven = true
	}
	if g.holder {
		g.holder = false
		g.turn <- struct{}{}
	}
}
