// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

// Package wire is what the mock services share: it records every request, injects faults before,
// during and after a handler, and logs one readable line for each request.
//
// A mock service is a Go type that satisfies [Backend]. It wraps each of its operations with
// [Service.Handle]; inside a handler, [Body] gives the request body, [Violate] reports a request
// that a correct client never sends, [Note] adds key numbers to the log line, and [ServiceFault]
// tells which fault of the service's own is to be played.
package wire

import "net/http"

// Backend is what every mock service offers to package mockbackend, which mounts it and builds the
// admin API on it. S is the service's seed (its whole data, editable as JSON), W its switches.
type Backend[S, W any] interface {
	http.Handler

	// Snapshot returns a copy of the data as it is now, in the form of the seed.
	Snapshot() S
	// Restore replaces the data. Sessions, tokens and recorded requests live on.
	Restore(seed S) error
	// Switches returns the positions in force.
	Switches() W
	// SetSwitches takes effect with the next request.
	SetSwitches(switches W)
}
