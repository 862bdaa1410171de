// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/rest"
)

// settings is what the configuration and the environment say of one service.
type settings struct {
	block   block
	getenv  func(string) string
	learned []string         // secrets that files and the like hold
	unknown []string         // paths of the attributes that are known only after apply
	texts   map[string]value // what is set, by attribute name
	http    httpSettings
}

// value is a text that is set, and where it comes from.
type value struct {
	text     string
	explicit bool   // it stands in the configuration
	env      string // the variable that it comes from, where it is not the attribute's own
}

// httpSettings is what every service takes.
type httpSettings struct {
	caCertificate      string
	insecureSkipVerify bool
	requestTimeout     time.Duration
	maxRetries         int
	quota              rest.Quota
	maxConcurrent      int
	maxRevocations     *int64 // of a whole plan, nil for no limit
}

// resolve reads one service's attribute of the provider block. An explicit value wins over the
// environment, also while it is unknown; an empty string counts as not set. Nothing is an error
// here: the schema has validated what stands in the configuration, and the rest matters only when
// the service is used.
func resolve(b block, object types.Object, getenv func(string) string) *settings {
	s := &settings{block: b, texts: map[string]value{}, getenv: getenv}
	if object.IsUnknown() {
		s.unknown = []string{b.name}
	} else {
		for _, name := range slices.Sorted(maps.Keys(object.Attributes())) {
			s.unknown = append(s.unknown, unknownPaths(b.path(name), object.Attributes()[name])...)
		}
	}
	attributes := object.Attributes() // empty when null or unknown

	for _, t := range b.all() {
		explicit, isUnknown := t.given(attributes)
		switch given := t.trim(explicit); {
		case isUnknown:
		case given != "":
			s.texts[t.name] = value{text: given, explicit: true}
		default:
			if fromEnvironment := t.trim(getenv(t.env)); fromEnvironment != "" {
				s.texts[t.name] = value{text: fromEnvironment}
			}
		}
	}

	s.http = resolveHTTP(b, attributes)
	return s
}

func (t text) trim(s string) string {
	if t.exact {
		return s
	}
	return strings.TrimSpace(s)
}

// unknownPaths names the unknown values below an attribute.
func unknownPaths(at string, v attr.Value) []string {
	if v.IsUnknown() {
		return []string{at}
	}
	object, ok := v.(types.Object)
	if !ok {
		return nil
	}
	var paths []string
	for _, name := range slices.Sorted(maps.Keys(object.Attributes())) {
		paths = append(paths, unknownPaths(at+"."+name, object.Attributes()[name])...)
	}
	return paths
}

// resolveHTTP fills in the defaults. What is unknown keeps its default, which nobody uses: the
// service then has an unknown connection.
func resolveHTTP(b block, attributes map[string]attr.Value) httpSettings {
	h := httpSettings{
		requestTimeout: defaultRequestTimeout, maxRetries: defaultMaxRetries, quota: b.quota, maxConcurrent: defaultMaxConcurrent,
	}
	ca, _ := attributes["ca_certificate"].(types.String)
	h.caCertificate = strings.TrimSpace(ca.ValueString())
	insecure, _ := attributes["insecure_skip_verify"].(types.Bool)
	h.insecureSkipVerify = insecure.ValueBool()
	timeout, _ := attributes["request_timeout"].(types.String)
	if d, err := checkDuration(strings.TrimSpace(timeout.ValueString())); err == nil {
		h.requestTimeout = d
	}
	setInt(&h.maxRetries, attributes["max_retries"])
	setInt(&h.maxConcurrent, attributes["max_concurrent_requests"])
	if limit, ok := attributes["max_revocations"].(types.Int64); ok && !limit.IsUnknown() {
		h.maxRevocations = limit.ValueInt64Pointer()
	}
	quota, _ := attributes["requests_per_minute"].(types.Object)
	setInt(&h.quota.Read, quota.Attributes()["read"])
	setInt(&h.quota.Write, quota.Attributes()["write"])
	return h
}

// setInt overwrites a default with a number that is given.
func setInt(dst *int, v attr.Value) {
	if n, ok := v.(types.Int64); ok && !n.IsNull() && !n.IsUnknown() {
		*dst = int(n.ValueInt64())
	}
}

// get returns the value of an attribute, "" when it is not set.
func (s *settings) get(name string) string { return s.texts[s.block.text(name).name].text }

// has tells whether an attribute is set.
func (s *settings) has(name string) bool { return s.get(name) != "" }

// name says how people set an attribute: its path and its environment variable.
func (s *settings) name(attribute string) string {
	return fmt.Sprintf("%s (environment variable %s)", s.block.path(attribute), s.block.text(attribute).env)
}

// source says where the value of an attribute came from.
func (s *settings) source(attribute string) string {
	if s.texts[attribute].explicit {
		return s.block.path(attribute)
	}
	return fmt.Sprintf("%s, from the environment variable %s", s.block.path(attribute), cmp.Or(s.texts[attribute].env, s.block.text(attribute).env))
}

// missing is the error for attributes that have to be set before the service can be used.
func (s *settings) missing(attributes ...string) diag.Diagnostics {
	names := make([]string, len(attributes))
	for i, a := range attributes {
		names[i] = s.name(a)
	}
	return diag.Diagnostics{diag.NewErrorDiagnostic(
		s.block.service+" is not configured",
		"Something of this service is used, and the provider doesn't know how to reach it. Set in the provider block, or in "+
			"the environment:\n\n  - "+strings.Join(names, "\n  - "),
	)}
}

// unset lists those of the attributes that are not set.
func (s *settings) unset(attributes ...string) []string {
	return slices.DeleteFunc(attributes, s.has)
}

// checkTexts applies the schema's checks to the values that came from the environment, which the
// schema never sees.
func (s *settings) checkTexts() diag.Diagnostics {
	var diags diag.Diagnostics
	for _, t := range s.block.all() {
		if !s.has(t.name) || t.check.check == nil {
			continue
		}
		if err := t.check.check(s.get(t.name)); err != nil {
			diags.AddError("Invalid configuration of "+s.block.service, invalid(s.source(t.name), err))
		}
	}
	return diags
}

// failed is the error for a client that could not be made from the settings.
func (s *settings) failed(err error) diag.Diagnostics {
	return diag.Diagnostics{diag.NewErrorDiagnostic("Invalid configuration of "+s.block.service, invalid(s.block.name, err))}
}

// wrong is the error for an attribute whose value is of no use. The error names it.
func (s *settings) wrong(err error) diag.Diagnostics {
	return diag.Diagnostics{diag.NewErrorDiagnostic("Invalid configuration of "+s.block.service, strings.TrimSuffix(err.Error(), ".")+".")}
}

// secrets lists the values that must not appear in a log: the sensitive texts, and each line of
// those that have several, since a log may break them up.
func (s *settings) secrets() []string {
	var secrets []string
	given := slices.Clone(s.learned)
	for _, t := range s.block.all() {
		if t.sensitive && s.has(t.name) {
			given = append(given, s.get(t.name))
		}
	}
	for _, secret := range given {
		secrets = append(secrets, secret)
		for line := range strings.Lines(secret) {
			if line = strings.TrimSpace(line); line != secret && line != "" && !strings.HasPrefix(line, "-----") {
				secrets = append(secrets, line)
			}
		}
	}
	// The longest first: masking a part of a secret would leave the rest of it unrecognised.
	slices.SortFunc(secrets, func(a, b string) int { return len(b) - len(a) })
	return slices.Compact(secrets)
}
