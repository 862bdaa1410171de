// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package mockbackend

import (
	"fmt"
	"os"

	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
)

// Facts is what somebody's live service is like, as the program probe writes it.
type Facts struct {
	// Service is huaweicloud, enos or venafi.
	Service string `json:"service"`
	// Probe is the version of the program, ReadOnly whether it made no experiments.
	Probe    string `json:"probe"`
	ReadOnly bool   `json:"read_only"`
	// Answers are about switches. Notes are not, and the mock ignores them.
	Answers []Fact `json:"answers"`
	Notes   []Fact `json:"notes"`
}

// Fact is the answer to one question.
type Fact struct {
	// Question is the name of a switch.
	Question string `json:"question"`
	// Verdict is found, one_of, cannot_tell or other.
	Verdict string `json:"verdict"`
	// Position is what was found; Possible is what is left where that is more than one position.
	Position string   `json:"position"`
	Possible []string `json:"possible"`
	// Seen and Why are for people.
	Seen string `json:"seen"`
	Why  string `json:"why"`
}

// ReadFacts reads a file of facts.
func ReadFacts(file string) (Facts, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return Facts{}, err
	}
	var f Facts
	if err := wire.DecodeStrict(text, &f); err != nil {
		return Facts{}, fmt.Errorf("%s: %w", file, err)
	}
	return f, nil
}

// SetFacts sets the switches of a service to what was found: to the position or, where several are
// possible, to the first of them. A switch that nothing was found about stays as it is. It returns
// what the mock can't play: each question whose answer is none of its positions, with what was
// seen.
func (b *Backend) SetFacts(f Facts) (beyond []string, err error) {
	s, err := b.service(f.Service)
	if err != nil {
		return nil, err
	}
	positions := map[string]string{}
	for _, fact := range f.Answers {
		switch {
		case fact.Position != "":
			positions[fact.Question] = fact.Position
		case len(fact.Possible) > 0:
			positions[fact.Question] = fact.Possible[0]
		case fact.Verdict == "other":
			beyond = append(beyond, fact.Question+": "+fact.Seen)
		}
	}
	return beyond, s.setSwitches(positions)
}
