// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package probe

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/rest"
)

// Verdict is how sure an answer is.
type Verdict string

// The verdicts, the weakest first: an answer is replaced by a stronger one.
const (
	// CannotTell is that nothing was seen that answers the question: Why says why.
	CannotTell Verdict = "cannot_tell"
	// OneOf is that some positions are excluded: Possible has the others, Why what it would take to
	// know more.
	OneOf Verdict = "one_of"
	// Found is that the service is in Position.
	Found Verdict = "found"
	// Noted is the answer to a question without positions: Seen is all of it.
	Noted Verdict = "noted"
	// Other is that the service does something that the mock has no position for: Seen says what.
	Other Verdict = "other"
)

// NoAnswer is why a question is open that no experiment says anything of.
const NoAnswer = "no experiment answers it"

var strength = []Verdict{CannotTell, OneOf, Found, Noted, Other}

// Answer is what a run found out about a question. It holds no names: see [Names].
type Answer struct {
	Question string   `json:"question"`
	Verdict  Verdict  `json:"verdict"`
	Position string   `json:"position,omitempty"`
	Possible []string `json:"possible,omitempty"`
	Seen     string   `json:"seen,omitempty"`
	Why      string   `json:"why,omitempty"`
}

// Answers collects the answers of a run.
type Answers struct {
	questions []Question
	names     *Names
	given     map[string]Answer
}

// NewAnswers returns a collection without answers.
func NewAnswers(questions []Question, names *Names) *Answers {
	return &Answers{questions: questions, names: names, given: map[string]Answer{}}
}

// Is answers a question with a position.
func (a *Answers) Is(question, position, seen string, args ...any) {
	a.give(Answer{Question: question, Verdict: Found, Position: position, Seen: fmt.Sprintf(seen, args...)})
}

// Either answers a question with one of two positions.
func (a *Answers) Either(is bool, question, yes, no, seen string, args ...any) {
	if is {
		a.Is(question, yes, seen, args...)
	} else {
		a.Is(question, no, seen, args...)
	}
}

// Pick answers a question with the position of what was seen: positions has it by what was seen,
// and where it is nil that is the position itself. Anything else is something else.
func (a *Answers) Pick(question, key string, positions map[string]string, seen string, args ...any) {
	position, ok := positions[key]
	if positions == nil {
		position, ok = key, a.question(question).has(key)
	}
	if ok {
		a.Is(question, position, seen, args...)
	} else {
		a.Other(question, seen, args...)
	}
}

// OneOf leaves several positions open. One alone is the answer; none, or all, tell nothing.
func (a *Answers) OneOf(question string, possible []string, seen, why string) {
	switch len(possible) {
	case 0, len(a.question(question).Positions):
		a.give(Answer{Question: question, Verdict: CannotTell, Seen: seen, Why: why})
	case 1:
		a.Is(question, possible[0], "%s", seen)
	default:
		a.give(Answer{Question: question, Verdict: OneOf, Possible: possible, Seen: seen, Why: why})
	}
}

// CannotTell says why a question stays open.
func (a *Answers) CannotTell(question, why string, args ...any) {
	a.give(Answer{Question: question, Verdict: CannotTell, Why: fmt.Sprintf(why, args...)})
}

// Other tells of something that the mock has no position for.
func (a *Answers) Other(question, seen string, args ...any) {
	a.give(Answer{Question: question, Verdict: Other, Seen: fmt.Sprintf(seen, args...)})
}

// Note answers a question without positions.
func (a *Answers) Note(question, seen string, args ...any) {
	a.give(Answer{Question: question, Verdict: Noted, Seen: fmt.Sprintf(seen, args...)})
}

// Position is the position that was found, "" when none was.
func (a *Answers) Position(question string) string { return a.given[question].Position }

// Answered tells whether a question has an answer of any kind.
func (a *Answers) Answered(question string) bool {
	_, ok := a.given[question]
	return ok
}

// All returns the answers in the order of the questions.
func (a *Answers) All() []Answer {
	all := make([]Answer, len(a.questions))
	for i, q := range a.questions {
		answer, ok := a.given[q.Name]
		if !ok {
			answer = Answer{Question: q.Name, Verdict: CannotTell, Why: NoAnswer}
		}
		all[i] = answer
	}
	return all
}

func (a *Answers) question(name string) Question {
	i := slices.IndexFunc(a.questions, func(q Question) bool { return q.Name == name })
	if i < 0 {
		panic("probe: no question " + name) // a mistake in this program, which every test of it would find
	}
	return a.questions[i]
}

// give takes an answer that is stronger than the one that is there. Two findings that differ are a
// finding of their own.
func (a *Answers) give(answer Answer) {
	q := a.question(answer.Question)
	if answer.Verdict == Found && !q.has(answer.Position) {
		panic(fmt.Sprintf("probe: question %s has no position %q", q.Name, answer.Position)) // a mistake too
	}
	answer.Seen, answer.Why = a.names.Hide(answer.Seen), a.names.Hide(answer.Why)
	old, ok := a.given[answer.Question]
	switch {
	case !ok, slices.Index(strength, answer.Verdict) > slices.Index(strength, old.Verdict):
		a.given[answer.Question] = answer
	case answer.Verdict == Found && old.Verdict == Found && answer.Position != old.Position:
		a.given[answer.Question] = Answer{
			Question: answer.Question, Verdict: Other,
			Seen: fmt.Sprintf("once %s (%s), once %s (%s)", old.Position, old.Seen, answer.Position, answer.Seen),
		}
	case answer.Verdict == OneOf && old.Verdict == OneOf:
		both := slices.DeleteFunc(slices.Clone(old.Possible), func(p string) bool { return !slices.Contains(answer.Possible, p) })
		if len(both) > 0 && len(both) < len(old.Possible) {
			delete(a.given, answer.Question)
			a.OneOf(answer.Question, both, strings.TrimPrefix(old.Seen+"; "+answer.Seen, "; "), answer.Why)
		}
	}
}

// Said is what a service answered, without the names that its message may hold.
func Said(err error) string {
	e, ok := errors.AsType[*rest.Error](err)
	if !ok || e.Status == 0 {
		return "no answer"
	}
	return strings.TrimSpace(strconv.Itoa(e.Status) + " " + e.Code)
}
