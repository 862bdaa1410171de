// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package shared

import (
	"fmt"
	"strings"
)

// maxPlaces is how many places a text names of one kind: who mends a file wants to see more than
// the first.
const maxPlaces = 10

// Findings collects what is wrong with many things, and says each kind once, with the first places.
type Findings struct {
	kinds  []string // in the order in which they were found
	places map[string][]string
	counts map[string]int
}

// Add takes a kind, which is a sentence without its full stop, and the place where it was found.
func (f *Findings) Add(kind, place string) {
	if f.counts == nil {
		f.places, f.counts = map[string][]string{}, map[string]int{}
	}
	if f.counts[kind] == 0 {
		f.kinds = append(f.kinds, kind)
	}
	f.counts[kind]++
	if f.counts[kind] <= maxPlaces {
		f.places[kind] = append(f.places[kind], place)
	}
}

// Sentences says each kind in a sentence, in the order in which they were found.
func (f *Findings) Sentences() []string {
	var sentences []string
	for _, kind := range f.kinds {
		sentence := kind + ": " + strings.Join(f.places[kind], ", ")
		if more := f.counts[kind] - maxPlaces; more > 0 {
			sentence += fmt.Sprintf(" and %d more", more)
		}
		sentences = append(sentences, sentence+".")
	}
	return sentences
}
