// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package grantset

import (
	"context"
	"fmt"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/shared"
	"github.com/appaccess/terraform-provider-appaccess/internal/api/venafi"
)

// maxLookups is how many grantees a run looks up: the service has a call for one only, and refuses
// whom it doesn't know anyway.
const maxLookups = 20

// MissingError means that the server knows no such application, or none of these grantees.
type MissingError struct {
	Application string
	Grantees    []string
}

// Error names them.
func (e *MissingError) Error() string {
	if e.Application != "" {
		return fmt.Sprintf("the server has no application %q: application_id is the ID of an API integration, upper and lower case included", e.Application)
	}
	return "the server knows no identity " + shared.Printable(strings.Join(e.Grantees, ", ")) + ": the data source appaccess_venafi_identity finds IDs by the name"
}

// CheckApplication refuses an application that doesn't exist, as far as the caller may look:
// a *MissingError.
func (r *Run) CheckApplication(ctx context.Context, set Set) error {
	if !set.Role.OfApplication() {
		return nil
	}
	r.mu.Lock()
	look := r.applications[set.ApplicationID]
	if look == nil {
		look = shared.NewReading(func(ctx context.Context, _ shared.Moment) (bool, error) {
			_, err := r.client.Application(ctx, set.ApplicationID)
			return venafi.HasResult(err, venafi.ApplicationNotFound), nil // who may not look finds out when granting
		})
		r.applications[set.ApplicationID] = look
	}
	r.mu.Unlock()
	switch missing, err := look.Get(ctx, 0); {
	case err != nil:
		return err
	case missing:
		return &MissingError{Application: set.ApplicationID}
	}
	return nil
}

// CheckGrantees refuses grantees whom the server doesn't know, as far as the caller may look:
// a *MissingError. It looks up the first of a run only.
func (r *Run) CheckGrantees(ctx context.Context, grants []venafi.Grant) error {
	r.mu.Lock()
	n := min(len(grants), maxLookups-r.lookups)
	r.lookups += n
	r.mu.Unlock()
	missing := make([]bool, n)
	var group errgroup.Group
	group.SetLimit(r.client.MaxConcurrent())
	for i, g := range grants[:n] {
		group.Go(func() error {
			_, found, err := r.client.IdentityByID(ctx, g.Grantee)
			missing[i] = err == nil && !found && usual(g.Grantee) // who may not look finds out when granting
			return ctx.Err()
		})
	}
	if err := group.Wait(); err != nil {
		return context.Cause(ctx)
	}
	var unknown []string
	for i, g := range grants[:n] {
		if missing[i] {
			unknown = append(unknown, g.Grantee)
		}
	}
	if len(unknown) > 0 {
		return &MissingError{Grantees: unknown}
	}
	return nil
}

// usual tells that an ID is written as the server writes it. Whether a look-up takes other
// spellings of a GUID is not known, so that such a one which is not found proves nothing.
func usual(grantee string) bool {
	prefix, universal, _ := strings.Cut(grantee, ":")
	switch {
	case !venafi.IsGUID(universal):
		return true
	case prefix == "local":
		return universal == strings.ToLower(universal) && strings.HasPrefix(universal, "{") && strings.Contains(universal, "-")
	}
	return universal == strings.ToLower(universal) && !strings.ContainsAny(universal, "{-}") && !strings.HasPrefix(prefix, "ad+")
}
