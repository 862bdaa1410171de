// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package functions

import (
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/function"
)

// maxPlaces is how many rows an error names of one kind: who mends a file wants to see more than the
// first.
const maxPlaces = 10

// mistake is what is wrong with one row: a sentence that may hold for many rows, and what only this row
// has.
type mistake struct{ kind, detail string }

// problems collects mistakes: each kind is said once.
type problems struct {
	kinds  []string // in the order in which they were found
	places map[string][]string
	counts map[string]int
}

func (p *problems) add(row int, m *mistake) {
	if p.counts == nil {
		p.places, p.counts = map[string][]string{}, map[string]int{}
	}
	if p.counts[m.kind] == 0 {
		p.kinds = append(p.kinds, m.kind)
	}
	p.counts[m.kind]++
	if p.counts[m.kind] > maxPlaces {
		return
	}
	place := fmt.Sprintf("row %d", row)
	if m.detail != "" {
		place += " (" + m.detail + ")"
	}
	p.places[m.kind] = append(p.places[m.kind], place)
}

func (p *problems) String() string {
	lines := make([]string, len(p.kinds))
	for i, kind := range p.kinds {
		lines[i] = kind + ": " + strings.Join(p.places[kind], ", ")
		if more := p.counts[kind] - maxPlaces; more > 0 {
			lines[i] += fmt.Sprintf(" and %d more", more)
		}
		lines[i] += "."
	}
	return strings.Join(lines, "\n")
}

// argumentError is an error about one argument. Terraform puts a full stop behind its text.
func argumentError(argument int64, text string) *function.FuncError {
	return function.NewArgumentFuncError(argument, strings.TrimSuffix(text, "."))
}
