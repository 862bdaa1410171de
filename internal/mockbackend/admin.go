// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package mockbackend

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
)

// AdminHelp describes the admin API for people.
const AdminHelp = `GET    /_mock/state[/SERVICE[/PATH]]   the data now, without secrets
PUT    /_mock/state/SERVICE[/PATH]     replace what is there
PATCH  /_mock/state/SERVICE[/PATH]     merge an object into it; null removes a key
DELETE /_mock/state/SERVICE/PATH       remove it
GET    /_mock/switches                 all switches, their positions and what they mean
PATCH  /_mock/switches                 {"SERVICE": {"NAME": "POSITION"}}
DELETE /_mock/switches                 back to the first positions
GET    /_mock/faults                   the faults in force
POST   /_mock/faults[?seed=N]          add one, or a list of them:
                                       {"service", "operation", "kind", "retry_after": "2", "delay": "500ms", "after": 1,
                                        "times": 2, "probability": 0.1, "status": 502, "header": {}, "body": "", "size": 0,
                                        "effect_requests": 2, "effect_delay": "1s"}
DELETE /_mock/faults                   end all faults
POST   /_mock/settle                   do now what the faults late, late_reset and late_success put off
GET    /_mock/requests                 requests so far: ?service= &operation= &since=SEQ &limit=N
GET    /_mock/requests/counts          how many of each operation
DELETE /_mock/requests                 forget them, and the violations
GET    /_mock/violations               what a correct client would not have sent
GET    /_mock/quota, PUT /_mock/quota  {"read": 200, "write": 100} of Huawei Cloud; 0 is without limit
POST   /_mock/unlock                   unlock key pairs of Huawei Cloud after wrong signatures

A step of PATH is a key; in a list it is an index, a value, or an element's id, access_key, name, universal or grantee;
"-" is behind the last element.
`

const adminPrefix = "/_mock/"

func isAdmin(path string) bool {
	return path == strings.TrimSuffix(adminPrefix, "/") || strings.HasPrefix(path, adminPrefix)
}

// statusError is an error with the status that it is answered with.
type statusError struct {
	status int
	error
}

func notFound(err error) error { return statusError{http.StatusNotFound, err} }

// adminAPI returns the handler of /_mock/.
func (b *Backend) adminAPI() http.Handler {
	mux := http.NewServeMux()
	handle := func(pattern string, h func(r *http.Request) (any, error)) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { answer(w, r, h) })
	}
	mux.HandleFunc("GET /_mock", help)
	mux.HandleFunc("GET /_mock/{$}", help)
	handle("GET /_mock/state", func(*http.Request) (any, error) { return b.Snapshot(), nil })
	for _, method := range []string{http.MethodGet, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		handle(method+" /_mock/state/{path...}", b.state)
	}
	handle("GET /_mock/switches", b.listSwitches)
	handle("PATCH /_mock/switches", b.patchSwitches)
	handle("DELETE /_mock/switches", func(*http.Request) (any, error) {
		for _, s := range b.services {
			s.resetSwitches()
		}
		return nil, nil
	})
	handle("GET /_mock/faults", func(*http.Request) (any, error) {
		return struct {
			Faults []wire.Fault `json:"faults"`
			Struck int          `json:"struck"`
		}{append([]wire.Fault{}, b.Faults.All()...), b.Faults.Struck()}, nil
	})
	handle("POST /_mock/faults", b.addFaults)
	handle("DELETE /_mock/faults", func(*http.Request) (any, error) { b.Faults.Clear(); return nil, nil })
	handle("POST /_mock/settle", func(*http.Request) (any, error) { b.Faults.Settle(); return nil, nil })
	handle("GET /_mock/requests", b.listRequests)
	handle("GET /_mock/requests/counts", func(*http.Request) (any, error) { return b.Recorder.Counts(), nil })
	handle("DELETE /_mock/requests", func(*http.Request) (any, error) { b.Recorder.Reset(); return nil, nil })
	handle("GET /_mock/violations", func(*http.Request) (any, error) { return append([]string{}, b.Recorder.Violations()...), nil })
	handle("GET /_mock/quota", func(*http.Request) (any, error) { return b.Huaweicloud.Quota(), nil })
	handle("PUT /_mock/quota", func(r *http.Request) (any, error) {
		quota := b.Huaweicloud.Quota()
		if err := decode(r, &quota); err != nil {
			return nil, err
		}
		b.Huaweicloud.SetQuota(quota)
		return quota, nil
	})
	handle("POST /_mock/unlock", func(*http.Request) (any, error) { b.Huaweicloud.Unlock(); return nil, nil })
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !fromThisMachine(r) {
			http.Error(w, "the admin API answers this machine only", http.StatusForbidden)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

func help(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = io.WriteString(w, AdminHelp)
}

// fromThisMachine tells whether a request comes from here. A browser that a foreign page sends here
// names that page as its host or origin.
func fromThisMachine(r *http.Request) bool {
	remote, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil || !remote.Addr().Unmap().IsLoopback() || r.Header.Get("Origin") != "" {
		return false
	}
	host, _, err := net.SplitHostPort(r.Host)
	if err != nil {
		host = r.Host
	}
	addr, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return host == "localhost" || err == nil && addr.IsLoopback()
}

func answer(w http.ResponseWriter, r *http.Request, h func(r *http.Request) (any, error)) {
	result, err := h(r)
	if err != nil {
		status := http.StatusBadRequest
		if e, ok := errors.AsType[statusError](err); ok {
			status = e.status
		}
		http.Error(w, err.Error(), status)
		return
	}
	if result == nil {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	_ = enc.Encode(result) //nolint:errchkjson // a client that is gone needs no answer
}

func decode(r *http.Request, dst any) error {
	text, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	return wire.DecodeStrict(text, dst)
}

// service returns a service by name.
func (b *Backend) service(name string) (service, error) {
	for _, s := range b.services {
		if s.serviceName() == name {
			return s, nil
		}
	}
	return nil, notFound(fmt.Errorf("no service %q; there are huaweicloud, enos and venafi", name))
}

// state reads or changes a part of a service's data.
func (b *Backend) state(r *http.Request) (any, error) {
	// Steps are unescaped one by one: an account may hold a slash.
	steps := strings.Split(strings.Trim(strings.TrimPrefix(r.URL.EscapedPath(), adminPrefix+"state"), "/"), "/")
	for i, step := range steps {
		plain, err := url.PathUnescape(step)
		if err != nil {
			return nil, err
		}
		steps[i] = plain
	}
	s, err := b.service(steps[0])
	if err != nil {
		return nil, err
	}
	path := steps[1:]
	if r.Method == http.MethodGet {
		doc, err := s.state()
		if err != nil {
			return nil, err
		}
		value, err := lookUp(doc, path)
		if err != nil {
			return nil, notFound(err)
		}
		return value, nil
	}
	var body any
	if r.Method != http.MethodDelete {
		text, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		if body, err = parseDocument(text); err != nil {
			return nil, err
		}
	}
	b.editing.Lock()
	defer b.editing.Unlock()
	return nil, s.edit(func(doc any) (any, error) {
		switch r.Method {
		case http.MethodDelete:
			if len(path) == 0 {
				return nil, errors.New("the whole data of a service cannot be removed")
			}
			doc, err := remove(doc, path)
			if err != nil {
				return nil, notFound(err)
			}
			return doc, nil
		case http.MethodPatch:
			return change(doc, path, func(old any) (any, error) { return merge(old, body), nil })
		}
		return change(doc, path, func(any) (any, error) { return body, nil })
	})
}

func (b *Backend) listSwitches(*http.Request) (any, error) {
	type item struct {
		Value     string   `json:"value"`
		Positions []string `json:"positions"`
		Doc       string   `json:"doc"`
	}
	all := map[string]map[string]item{}
	for _, s := range b.services {
		all[s.serviceName()] = map[string]item{}
		for _, sw := range s.switches() {
			all[s.serviceName()][sw.Name] = item{sw.Value, sw.Positions, sw.Doc}
		}
	}
	return all, nil
}

func (b *Backend) patchSwitches(r *http.Request) (any, error) {
	var patch map[string]map[string]string
	if err := decode(r, &patch); err != nil {
		return nil, err
	}
	for name := range patch {
		if _, err := b.service(name); err != nil {
			return nil, err
		}
	}
	b.editing.Lock()
	defer b.editing.Unlock()
	for name, positions := range patch {
		s, err := b.service(name)
		if err != nil {
			return nil, err
		}
		if err := s.setSwitches(positions); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

func (b *Backend) addFaults(r *http.Request) (any, error) {
	text, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	var faults []wire.Fault
	if strings.HasPrefix(strings.TrimSpace(string(text)), "[") {
		err = json.Unmarshal(text, &faults)
	} else {
		faults = make([]wire.Fault, 1)
		err = json.Unmarshal(text, &faults[0])
	}
	if err != nil {
		return nil, err
	}
	for _, fault := range faults {
		if err := b.checkFault(fault); err != nil {
			return nil, err
		}
	}
	if seed := r.URL.Query().Get("seed"); seed != "" {
		n, err := strconv.ParseInt(seed, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("seed: %w", err)
		}
		b.Faults.Seed(n)
	}
	for _, fault := range faults {
		b.Faults.Add(fault)
	}
	return nil, nil
}

// checkFault refuses a kind or service that nobody plays.
func (b *Backend) checkFault(fault wire.Fault) error {
	is := func(doc wire.FaultDoc) bool { return doc.Kind == fault.Kind }
	known := slices.ContainsFunc(wire.FaultKinds, is)
	for _, s := range b.services {
		if fault.Service == "" || fault.Service == s.serviceName() {
			known = known || slices.ContainsFunc(s.faultKinds(), is)
		}
	}
	if fault.Service != "" {
		if _, err := b.service(fault.Service); err != nil {
			return err
		}
	}
	late := fault.Kind == wire.Late || fault.Kind == wire.LateReset || fault.Kind == wire.LateSuccess
	switch {
	case fault.EffectRequests < 0 || fault.EffectDelay < 0:
		return errors.New("effect_requests and effect_delay are not negative")
	case !late && (fault.EffectRequests > 0 || fault.EffectDelay > 0):
		return fmt.Errorf("effect_requests and effect_delay belong to the late kinds, not to %q", fault.Kind)
	}
	if !known {
		return fmt.Errorf("no fault of kind %q; -help lists all", fault.Kind)
	}
	return nil
}
