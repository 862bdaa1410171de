// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package service

import (
	"context"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
)

// Failed is the diagnostic of something that could not be read.
func Failed(summary string, err error) diag.Diagnostic {
	return diag.NewErrorDiagnostic(summary, Spoken(err.Error()))
}

// Spoken puts what Go says of an interrupted run into words that people understand.
func Spoken(text string) string {
	if text == context.Canceled.Error() {
		return "The run was interrupted."
	}
	return strings.ReplaceAll(text, context.Canceled.Error(), "the run was interrupted")
}
