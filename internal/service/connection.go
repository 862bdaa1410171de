// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package service

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework/diag"
)

// Connection opens the client of one service when something of that service is first used, so that
// a service that nobody uses needs no configuration. It is safe for concurrent use, and all callers
// share one client: one token, one rate limit, one listing.
type Connection[C any] struct {
	open    func(ctx context.Context) (C, diag.Diagnostics)
	unknown bool

	once   sync.Once
	client C
	diags  diag.Diagnostics
}

// NewConnection returns a connection that calls open once, when a client is first asked for. What
// open reports is reported to every caller. open gets a context that is never cancelled: one caller
// that gives up must not fail the others.
func NewConnection[C any](open func(ctx context.Context) (C, diag.Diagnostics)) *Connection[C] {
	return &Connection[C]{open: open}
}

// NewUnknownConnection returns a connection whose configuration holds values that are known only
// after apply. Using it is an error that names these attributes, such as "huaweicloud.access_key".
func NewUnknownConnection[C any](service string, attributes []string) *Connection[C] {
	c := NewConnection(func(context.Context) (C, diag.Diagnostics) {
		var none C
		return none, diag.Diagnostics{diag.NewErrorDiagnostic(
			fmt.Sprintf("The configuration of %s is known only after apply", service),
			fmt.Sprintf("The provider has to ask %s now, but these values in its configuration come from something that "+
				"has not been applied yet: %s.\n\nApply what they come from first, for example with -target, or give values "+
				"that are known when the plan is made.", service, strings.Join(attributes, ", ")),
		)}
	})
	c.unknown = true
	return c
}

// Client returns the service's client. It is opened once; a configuration that is missing something
// or is not known yet gives the same error to every caller, naming the attribute and the
// environment variable to set.
func (c *Connection[C]) Client(ctx context.Context) (C, diag.Diagnostics) {
	c.once.Do(func() { c.client, c.diags = c.open(context.WithoutCancel(ctx)) })
	return c.client, c.diags
}

// Known tells whether all that the provider block says of this service is known. Where it is not, a
// plan leaves out what it would have asked the service, and the apply does it.
func (c *Connection[C]) Known() bool { return !c.unknown }
