// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package probe

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// Report is what a run found out. It holds no names of people, applications or hosts.
type Report struct {
	Service string `json:"service"`
	// Probe is the version of the program.
	Probe    string `json:"probe"`
	ReadOnly bool   `json:"read_only"`
	// Answers are those to questions that are switches of the mock, Notes those to the others.
	Answers []Answer `json:"answers"`
	Notes   []Answer `json:"notes,omitempty"`
}

func newReport(service Service, version string, readOnly bool, answers *Answers) Report {
	r := Report{Service: service.Name, Probe: version, ReadOnly: readOnly, Answers: []Answer{}}
	for i, answer := range answers.All() {
		if len(service.Questions[i].Positions) == 0 {
			r.Notes = append(r.Notes, answer)
		} else {
			r.Answers = append(r.Answers, answer)
		}
	}
	return r
}

// Answer returns the answer to a question.
func (r Report) Answer(question string) Answer {
	for _, list := range [][]Answer{r.Answers, r.Notes} {
		for _, a := range list {
			if a.Question == question {
				return a
			}
		}
	}
	return Answer{}
}

// WriteJSON writes what mockbackend -facts reads.
func (r Report) WriteJSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(r)
}

// WriteTable writes a table for people: question, answer, what was seen.
func (r Report) WriteTable(w io.Writer, questions []Question) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "QUESTION\tANSWER\tSEEN")
	for _, q := range questions {
		a := r.Answer(q.Name)
		fmt.Fprintf(table, "%s (%s)\t%s\t%s\n", q.Asks, q.Name, a.short(), a.long())
	}
	return table.Flush()
}

func (a Answer) short() string {
	switch a.Verdict {
	case Found:
		return a.Position
	case OneOf:
		return "one of " + strings.Join(a.Possible, ", ")
	case Noted:
		return "noted"
	case Other:
		return "something else"
	case CannotTell:
	}
	return "can't tell"
}

func (a Answer) long() string {
	switch {
	case a.Seen == "":
		return a.Why
	case a.Why == "":
		return a.Seen
	}
	return a.Seen + "; " + a.Why
}
