// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package functions

import (
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/function"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/shared"
)

// mistake is what is wrong with one row: a sentence that may hold for many rows, and what only this
// row has.
type mistake struct{ kind, detail string }

// problems collects mistakes.
type problems struct{ findings shared.Findings }

func (p *problems) add(row int, m *mistake) {
	place := fmt.Sprintf("row %d", row)
	if m.detail != "" {
		place += " (" + m.detail + ")"
	}
	p.findings.Add(m.kind, place)
}

func (p *problems) String() string { return strings.Join(p.findings.Sentences(), "\n") }

// argumentError is an error about one argument. Terraform puts a full stop behind its text.
func argumentError(argument int64, text string) *function.FuncError {
	return function.NewArgumentFuncError(argument, strings.TrimSuffix(text, "."))
}
