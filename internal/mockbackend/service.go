// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package mockbackend

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
)

// service is a mock service as the admin API sees it: whatever its data and switches are, they are
// JSON here.
type service interface {
	http.Handler
	serviceName() string
	owns(path string) bool
	state() (any, error)
	// edit replaces the data by what change makes of it.
	edit(change func(doc any) (any, error)) error
	switches() []wire.Switch
	setSwitches(positions map[string]string) error
	resetSwitches()
	faultKinds() []wire.FaultDoc
}

// mounted makes a service of any backend.
type mounted[S, W any] struct {
	name    string
	backend wire.Backend[S, W]
	faults  []wire.FaultDoc
}

// updater is a backend that lets no request come between the snapshot and its replacement.
type updater[S any] interface {
	Update(edit func(S) (S, error)) error
}

func (m *mounted[S, W]) ServeHTTP(w http.ResponseWriter, r *http.Request) { m.backend.ServeHTTP(w, r) }

func (m *mounted[S, W]) serviceName() string { return m.name }

func (m *mounted[S, W]) faultKinds() []wire.FaultDoc { return m.faults }

func (m *mounted[S, W]) owns(path string) bool {
	owner, ok := m.backend.(interface{ Owns(path string) bool })
	return ok && owner.Owns(path)
}

func (m *mounted[S, W]) state() (any, error) { return toDocument(m.backend.Snapshot()) }

func (m *mounted[S, W]) edit(change func(doc any) (any, error)) error {
	edit := func(seed S) (S, error) {
		var edited S
		doc, err := toDocument(seed)
		if err != nil {
			return edited, err
		}
		if doc, err = change(doc); err != nil {
			return edited, err
		}
		text, err := json.Marshal(doc)
		if err != nil {
			return edited, err
		}
		return edited, wire.DecodeStrict(text, &edited)
	}
	if u, ok := m.backend.(updater[S]); ok {
		return u.Update(edit)
	}
	seed, err := edit(m.backend.Snapshot())
	if err != nil {
		return err
	}
	return m.backend.Restore(seed)
}

func (m *mounted[S, W]) switches() []wire.Switch { return wire.DescribeSwitches(m.backend.Switches()) }

// setSwitches changes all of the positions or, when one of them is wrong, none.
func (m *mounted[S, W]) setSwitches(positions map[string]string) error {
	switches := m.backend.Switches()
	for name, position := range positions {
		if err := wire.SetSwitch(&switches, name, position); err != nil {
			return fmt.Errorf("%s: %w", m.name, err)
		}
	}
	m.backend.SetSwitches(switches)
	return nil
}

func (m *mounted[S, W]) resetSwitches() {
	var first W
	m.backend.SetSwitches(first)
}

// toDocument turns a seed into maps, slices and plain values.
func toDocument(v any) (any, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return parseDocument(text)
}

func parseDocument(text []byte) (any, error) {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	var doc any
	if err := dec.Decode(&doc); err != nil {
		return nil, fmt.Errorf("the body is no JSON value: %w", err)
	}
	return doc, nil
}

// SetSwitch sets a switch by name, which may be "service.name" or, where only one service has it,
// "name".
func (b *Backend) SetSwitch(name, position string) error {
	serviceName, short, qualified := strings.Cut(name, ".")
	if !qualified {
		short = name
	}
	var found []service
	for _, s := range b.services {
		if qualified && s.serviceName() != serviceName {
			continue
		}
		if slices.ContainsFunc(s.switches(), func(sw wire.Switch) bool { return sw.Name == short }) {
			found = append(found, s)
		}
	}
	switch len(found) {
	case 0:
		return fmt.Errorf("no switch %q; -help lists all", name)
	case 1:
		return found[0].setSwitches(map[string]string{short: position})
	}
	names := make([]string, len(found))
	for i, s := range found {
		names[i] = s.serviceName() + "." + short
	}
	return fmt.Errorf("switch %q is one of %s", name, strings.Join(names, ", "))
}

// ServiceDoc describes a service for people.
type ServiceDoc struct {
	Name     string
	Switches []wire.Switch
	Faults   []wire.FaultDoc
}

// Describe lists the services with their switches, in the positions in force, and their own faults.
func (b *Backend) Describe() []ServiceDoc {
	docs := make([]ServiceDoc, len(b.services))
	for i, s := range b.services {
		docs[i] = ServiceDoc{s.serviceName(), s.switches(), s.faultKinds()}
	}
	return docs
}
