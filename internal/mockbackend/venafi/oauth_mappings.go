// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
)

// mappingEntry writes a JWT mapping as the API does. See the vendor page "POST
// OAuth/GetJwtMapping".
func (b *Backend) mappingEntry(m JwtMapping) map[string]any {
	entry := map[string]any{
		"Name": m.Name, "IssuerUri": m.IssuerURI, "PurposeField": m.PurposeField, "PurposeMatch": m.PurposeMatch, "IdField": m.IDField,
		"IdMatch": m.IDMatch, "GranteePrefixedUniversal": nil,
	}
	if m.Grantee != "" {
		entry["GranteePrefixedUniversal"] = b.spell(m.Grantee)
	}
	if b.switches.JwksURI != Ignored {
		entry["JwksUri"] = nil
		if m.JwksURI != "" {
			entry["JwksUri"] = m.JwksURI
		}
	}
	b.addMoreFields(entry, m.ReviewedBy)
	return entry
}

func (b *Backend) mappingAt(name string) int {
	return slices.IndexFunc(b.mappings, func(m JwtMapping) bool { return m.Name == name })
}

// mappingOf reads a JWT mapping. A refusal has a status.
func (b *Backend) mappingOf(c *call, fields map[string]json.RawMessage) (JwtMapping, reply) {
	inner := &call{r: c.r, params: fields}
	inner.known(append([]string{
		"Name", "IssuerUri", "JwksUri", "PurposeField", "PurposeMatch", "IdField", "IdMatch", "GranteePrefixedUniversal",
	}, b.moreFields()...)...)
	values, complete := inner.required("Name", "IssuerUri", "PurposeField", "PurposeMatch", "IdField", "IdMatch")
	jwks, isURI := inner.text("JwksUri")
	grantee, isID := inner.text("GranteePrefixedUniversal")
	reviewed, isName := inner.text(moreField)
	if !complete || !isURI || !isID || !isName {
		return JwtMapping{}, invalidRequest()
	}
	wire.Note(c.r, "mapping", values[0])
	if c.caller.global != Admin {
		return JwtMapping{}, b.denied(c)
	}
	m := JwtMapping{
		Name: values[0], IssuerURI: values[1], JwksURI: jwks, PurposeField: values[2], PurposeMatch: values[3], IDField: values[4], IDMatch: values[5],
		Grantee: grantee, ReviewedBy: reviewed,
	}
	expression, err := regexp.Compile(m.IDMatch)
	switch {
	case err != nil:
		wire.Violate(c.r, "IdMatch is no regular expression: %v", err)
		return JwtMapping{}, failed(c, resultInvalidParameters, "IdMatch is not a valid regular expression")
	case grantee == "" && expression.NumSubexp() == 0:
		return JwtMapping{}, failed(c, resultInvalidParameters, "IdMatch has no group and there is no grantee")
	case grantee != "" && b.directory.universal(grantee) == nil && b.switches.UnknownGrantee != GranteeAccepted:
		if b.switches.UnknownGrantee == GranteeInvalid {
			return JwtMapping{}, failed(c, resultInvalidParameters, "The grantee is invalid")
		}
		return JwtMapping{}, failed(c, resultRemoteIdentityRequired, "A valid identity object was not supplied")
	case b.switches.JwksURI == Ignored:
		m.JwksURI = ""
	case jwks != "" && !strings.HasPrefix(strings.ToLower(jwks), "https://"):
		return JwtMapping{}, failed(c, resultInvalidParameters, "JwksUri must be an HTTPS address")
	}
	for _, other := range b.mappings {
		if m.JwksURI != "" && other.Name != m.Name && other.IssuerURI == m.IssuerURI && other.JwksURI != "" && other.JwksURI != m.JwksURI {
			return JwtMapping{}, failed(c, resultInvalidParameters, "Another JWT mapping has the same IssuerUri and another JwksUri")
		}
	}
	return m, reply{}
}

// createJwtMapping answers "POST OAuth/CreateJwtMapping".
func (b *Backend) createJwtMapping(c *call) reply {
	m, refusal := b.mappingOf(c, c.params)
	if refusal.status != 0 {
		return refusal
	}
	if b.mappingAt(m.Name) >= 0 {
		return failed(c, resultJwtMappingAlreadyExists, "The JWT mapping exists already")
	}
	m.ReviewedBy = b.defaultReview(m.ReviewedBy)
	if c.fault != FaultIgnoredWrite {
		b.mappings = append(b.mappings, m)
	}
	return b.success(map[string]any{"JwtMapping": b.mappingEntry(m)})
}

// updateJwtMapping answers "POST OAuth/UpdateJwtMapping": the whole mapping is replaced.
func (b *Backend) updateJwtMapping(c *call) reply {
	c.known("JwtMapping")
	var fields map[string]json.RawMessage
	if wire.DecodeStrict(c.params["JwtMapping"], &fields) != nil || fields == nil {
		wire.Violate(c.r, "JwtMapping is no object")
		return invalidRequest()
	}
	m, refusal := b.mappingOf(c, fields)
	if refusal.status != 0 {
		return refusal
	}
	at := b.mappingAt(m.Name)
	if at < 0 {
		return failed(c, resultJwtMappingNotFound, "The JWT mapping was not found")
	}
	if c.fault != FaultIgnoredWrite {
		before := b.mappings[at]
		m.Audience, m.HS256Secret, m.RS256PublicKey = before.Audience, before.HS256Secret, before.RS256PublicKey
		b.mappings[at] = m
	}
	return b.success(nil)
}

// readsMappings tells whether the caller may read JWT mappings.
func (c caller) readsMappings() bool { return c.global == Admin || c.global == Auditor }

// getJwtMapping answers "POST OAuth/GetJwtMapping".
func (b *Backend) getJwtMapping(c *call) reply {
	c.known("Name", "ResolveIdentities")
	values, complete := c.required("Name")
	if !complete {
		return invalidRequest()
	}
	wire.Note(c.r, "mapping", values[0])
	if !c.caller.readsMappings() {
		return b.denied(c)
	}
	at := b.mappingAt(values[0])
	if at < 0 {
		return failed(c, resultJwtMappingNotFound, "The JWT mapping was not found")
	}
	return b.success(map[string]any{"JwtMapping": b.mappingEntry(b.mappings[at])})
}

// enumerateJwtMappings answers "POST OAuth/EnumerateJwtMappings".
func (b *Backend) enumerateJwtMappings(c *call) reply {
	c.known("Start", "Count", "OrderBy", "Descending", "ResolveIdentities")
	from, okStart := c.number("Start", 0)
	count, okCount := c.number("Count", -1)
	if !okStart || !okCount || from < 0 || count < 0 {
		wire.Violate(c.r, "Start or Count is missing or out of range")
		return invalidRequest()
	}
	if !c.caller.readsMappings() {
		return b.denied(c)
	}
	sorted := slices.SortedFunc(slices.Values(b.mappings), func(x, y JwtMapping) int { return strings.Compare(x.Name, y.Name) })
	if b.switches.Start != StartSkip {
		from *= count
	}
	from = min(from, len(sorted))
	entries := []any{}
	for _, m := range sorted[from:min(from+count, len(sorted))] {
		entries = append(entries, b.mappingEntry(m))
	}
	return b.success(map[string]any{"Count": len(sorted), "JwtMappings": entries})
}

// deleteJwtMapping answers "POST OAuth/DeleteJwtMapping".
func (b *Backend) deleteJwtMapping(c *call) reply {
	c.known("Name")
	values, complete := c.required("Name")
	if !complete {
		return invalidRequest()
	}
	wire.Note(c.r, "mapping", values[0])
	if c.caller.global != Admin {
		return b.denied(c)
	}
	at := b.mappingAt(values[0])
	if at < 0 {
		return failed(c, resultJwtMappingNotFound, "The JWT mapping was not found")
	}
	if c.fault != FaultIgnoredWrite {
		b.mappings = slices.Delete(b.mappings, at, at+1)
	}
	return b.success(nil)
}

// getConfiguration answers "POST OAuth/GetConfiguration", which any role may call.
func (b *Backend) getConfiguration(c *call) reply {
	c.known()
	if len(c.caller.applications) == 0 && c.caller.global == User {
		return b.denied(c)
	}
	return b.success(map[string]any{"Configuration": map[string]any{
		"AuthorizeByJwt":             b.switches.JwtLogin != CertificateDisabled,
		"AuthorizeByPassword":        true,
		"AuthorizeByCertificate":     b.switches.CertificateLogin != CertificateDisabled,
		"DefaultAccessTokenValidity": seconds(defaultAccessValidity, b.configuration.AccessTokenValiditySeconds),
		"DefaultGrantValidity":       seconds(defaultGrantValidity, b.configuration.GrantValiditySeconds),
	}})
}
