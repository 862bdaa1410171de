// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

// Package leaks proves that no secret gets into what a run leaves behind. Its tests live through
// everything that the provider can do, with a real terraform at its most talkative, and then search
// all that was written.
package leaks
