// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package grantset

import (
	"errors"
	"fmt"
	"strings"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/shared"
	"github.com/appaccess/terraform-provider-appaccess/internal/api/venafi"
)

// Error is a change that did not come about, or not all of it.
type Error struct {
	// Granted and Revoked are how many were done, of ToGrant and ToRevoke.
	Granted, ToGrant, Revoked, ToRevoke int
	// Failures are those that failed. What is in none of them was not tried.
	Failures []Failure
	// Err is what ended the work, such as a context's end; nil when the failures did.
	Err error
}

// Failure is a grant or a revoke that failed.
type Failure struct {
	Grant venafi.Grant
	// Err is an *UnknownOutcomeError, a *CollateralError, an *OwnGrantError, ErrGivenBack, or what
	// the service said.
	Err error
}

// Error says what was done, and names the first of the failures.
func (e *Error) Error() string {
	text := fmt.Sprintf("Done: %d of %s and %d of %s.", e.Granted, shared.Counted(e.ToGrant, "grant"), e.Revoked, shared.Counted(e.ToRevoke, "revocation"))
	if e.Err != nil {
		text += " Then: " + strings.TrimSuffix(e.Err.Error(), ".") + "."
	}
	if len(e.Failures) == 0 {
		return text
	}
	text += " Failed:\n"
	for _, failure := range e.Failures[:min(len(e.Failures), maxFailures)] {
		text += fmt.Sprintf("\n  - %s: %v", failure.Grant, failure.Err)
	}
	if n := len(e.Failures) - maxFailures; n > 0 {
		text += fmt.Sprintf("\n  … and %d more", n)
	}
	return text
}

// Unwrap gives all causes.
func (e *Error) Unwrap() []error {
	causes := make([]error, 0, len(e.Failures)+1)
	for _, failure := range e.Failures {
		causes = append(causes, failure.Err)
	}
	if e.Err != nil {
		causes = append(causes, e.Err)
	}
	return causes
}

// ErrGivenBack means that a role was not revoked, since another resource of this run was to take it
// over, and failed.
var ErrGivenBack = errors.New("it was not revoked: another resource of this run was to take it over, and failed")
