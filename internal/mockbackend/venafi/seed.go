// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Seed is the whole data of the mock service, as a person writes it.
type Seed struct {
	Configuration Configuration `json:"configuration,omitzero"`
	// Applications are the API integrations: what a client_id names and an application role is
	// about.
	Applications []Application `json:"applications"`
	// Identities are the users and groups of all identity providers.
	Identities  []Identity   `json:"identities"`
	JwtMappings []JwtMapping `json:"jwt_mappings,omitempty"`
	// Issuers hold the keys of those who sign JSON Web Tokens, for mappings that have none of their
	// own.
	Issuers []Issuer `json:"issuers,omitempty"`
	// Roles are the OAuth roles granted.
	Roles []Role `json:"roles"`
	// Rules say who may get tokens for which application. An application of which a seed names no
	// rule is open to everybody.
	Rules []Rule `json:"rules,omitempty"`
	// OddRoles are rows that ListRoles shows to everybody who may list, as they are, beside those
	// of Roles.
	OddRoles []json.RawMessage `json:"odd_roles,omitempty"`
}

// Configuration holds the settings of the whole server.
type Configuration struct {
	// AccessTokenValiditySeconds and GrantValiditySeconds apply where an application says nothing
	// else; absent they are 7776000 and 31536000, and 0 is for ever.
	AccessTokenValiditySeconds *int64 `json:"access_token_validity_seconds,omitempty"`
	GrantValiditySeconds       *int64 `json:"grant_validity_seconds,omitempty"`
	// CertificateSource is the part of a client certificate that names the user: CN (the default),
	// SAN:UPN or SAN:EMAIL.
	CertificateSource string `json:"certificate_source,omitempty"`
	// ClientCA are the PEM certificates that a client certificate must descend from; without it any
	// is believed.
	ClientCA string `json:"client_ca,omitempty"`
}

// Application is an API integration. See the vendor page "POST OAuth/CreateApplication".
type Application struct {
	ID           string `json:"id"`
	Name         string `json:"name,omitempty"`
	Vendor       string `json:"vendor,omitempty"`
	Description  string `json:"description,omitempty"`
	URL          string `json:"url,omitempty"`
	Scope        string `json:"scope,omitempty"`
	MaximumScope string `json:"maximum_scope"`
	// AccessValiditySeconds and GrantValiditySeconds override the configuration; 0 is for ever.
	AccessValiditySeconds *int64 `json:"access_validity_seconds,omitempty"`
	GrantValiditySeconds  *int64 `json:"grant_validity_seconds,omitempty"`
	// Renewable false makes logins answer no refresh token; absent is true.
	Renewable *bool `json:"renewable,omitempty"`
	// UnusedExpirationSeconds ends grants that nobody uses.
	UnusedExpirationSeconds *int64 `json:"unused_expiration_seconds,omitempty"`
	// Restricted lets in only those who have a rule. An application that the API makes is, and so
	// is one that ever had a rule.
	Restricted bool `json:"restricted,omitempty"`
	// ReviewedBy is a field that no page describes: see [Switches.MoreFields].
	ReviewedBy string `json:"reviewed_by,omitempty"`
}

// Identity is a user or a group.
type Identity struct {
	// Prefix is the identity provider: "local", "AD+corp", "LDAP+x".
	Prefix string `json:"prefix"`
	// Universal is the id at the provider as the provider writes it: a local one in braces.
	Universal string `json:"universal"`
	Name      string `json:"name"`
	FullName  string `json:"full_name,omitempty"`
	// Email and UPN are what a client certificate may name.
	Email string `json:"email,omitempty"`
	UPN   string `json:"upn,omitempty"`
	// Password is blank in a snapshot; restoring a blank one keeps the password that the identity
	// had. Without one there is no password login.
	Password string `json:"password,omitempty"`
	Disabled bool   `json:"disabled,omitempty"`
	IsGroup  bool   `json:"is_group,omitempty"`
	// Members are the prefixed universal IDs of a group's members.
	Members []string `json:"members,omitempty"`
	// TPPAuditor makes the identity an OAuth auditor without a grant.
	TPPAuditor bool `json:"tpp_auditor,omitempty"`
}

// PrefixedUniversal returns the id that role calls take.
func (i Identity) PrefixedUniversal() string { return i.Prefix + ":" + i.Universal }

// PrefixedName returns the name that look-ups take.
func (i Identity) PrefixedName() string { return i.Prefix + ":" + i.Name }

// JwtMapping says whose tokens are believed, and who they stand for. See the vendor page "POST
// OAuth/CreateJwtMapping".
type JwtMapping struct {
	Name      string `json:"name"`
	IssuerURI string `json:"issuer_uri"`
	// Audience, where given, must be one of the token's audiences.
	Audience string `json:"audience,omitempty"`
	// JwksURI is where the issuer publishes its keys; the mock takes them from [Seed.Issuers].
	JwksURI string `json:"jwks_uri,omitempty"`
	// PurposeField is a claim that must be, or hold, PurposeMatch; IDField one that must match the
	// regular expression IDMatch. Without a Grantee the first group of IDMatch is the user.
	PurposeField string `json:"purpose_field,omitempty"`
	PurposeMatch string `json:"purpose_match,omitempty"`
	IDField      string `json:"id_field,omitempty"`
	IDMatch      string `json:"id_match,omitempty"`
	// Grantee is a prefixed universal ID.
	Grantee string `json:"grantee,omitempty"`
	// ReviewedBy is a field that no page describes: see [Switches.MoreFields].
	ReviewedBy string `json:"reviewed_by,omitempty"`
	// HS256Secret or RS256PublicKey (PEM) verifies the signature. The secret is treated like
	// [Identity.Password].
	HS256Secret    string `json:"hs256_secret,omitempty"`
	RS256PublicKey string `json:"rs256_public_key,omitempty"`
}

// Issuer signs JSON Web Tokens.
type Issuer struct {
	URI string `json:"uri"`
	// HS256Secret or RS256PublicKey (PEM) verifies signatures. The secret is treated like
	// [Identity.Password].
	HS256Secret    string `json:"hs256_secret,omitempty"`
	RS256PublicKey string `json:"rs256_public_key,omitempty"`
}

// RoleID is the number of an OAuth role; in a seed it is written by name. See the vendor page
// "OAuth Roles".
type RoleID int

// The roles that can be granted, and the two that only GetRole answers.
const (
	User       RoleID = 0
	Auditor    RoleID = 1
	Maintainer RoleID = 2
	Owner      RoleID = 3
	Mixed      RoleID = 4
	GrantAdmin RoleID = 5
	Admin      RoleID = 6
)

var roleNames = [...]string{
	Auditor: "auditor", Maintainer: "application_maintainer", Owner: "application_owner", GrantAdmin: "grant_admin", Admin: "admin",
}

// grantable tells whether a role can be granted at all.
func (id RoleID) grantable() bool { return id >= 0 && int(id) < len(roleNames) && roleNames[id] != "" }

// ofApplication tells whether a role is about one application.
func (id RoleID) ofApplication() bool { return id == Maintainer || id == Owner }

// MarshalJSON writes the name.
func (id RoleID) MarshalJSON() ([]byte, error) {
	if !id.grantable() {
		return nil, fmt.Errorf("role %d cannot be granted", int(id))
	}
	return json.Marshal(roleNames[id])
}

// UnmarshalJSON reads the name or the number.
func (id *RoleID) UnmarshalJSON(data []byte) error {
	var name string
	if json.Unmarshal(data, &name) == nil && name != "" {
		if i := slices.Index(roleNames[:], name); i >= 0 {
			*id = RoleID(i)
			return nil
		}
	}
	var number int
	if json.Unmarshal(data, &number) == nil && RoleID(number).grantable() {
		*id = RoleID(number)
		return nil
	}
	names := slices.DeleteFunc(slices.Clone(roleNames[:]), func(name string) bool { return name == "" })
	return fmt.Errorf("role %s is none of %s", data, strings.Join(names, ", "))
}

// Role is an OAuth role that somebody holds.
type Role struct {
	Role    RoleID `json:"role"`
	Grantee string `json:"grantee"`
	// ApplicationID belongs to the two application roles. On a global role it is only shown in
	// lists.
	ApplicationID string `json:"application_id,omitempty"`
}

// check says what is wrong with a role.
func (r Role) check() error {
	switch {
	case !r.Role.grantable():
		return fmt.Errorf("role %d cannot be granted", int(r.Role))
	case r.Grantee == "":
		return errors.New("a role without grantee")
	case r.Role.ofApplication() && r.ApplicationID == "":
		return fmt.Errorf("role %s of %s has no application_id", roleNames[r.Role], r.Grantee)
	}
	return nil
}

// check says what is wrong with a seed.
func (s Seed) check() error {
	c := s.Configuration
	if !slices.Contains([]string{"", sourceCN, sourceUPN, sourceEmail}, c.CertificateSource) {
		return fmt.Errorf("certificate_source %q is none of CN, SAN:UPN, SAN:EMAIL", c.CertificateSource)
	}
	applications := map[string]bool{}
	for i, application := range s.Applications {
		if application.ID == "" || applications[application.ID] {
			return fmt.Errorf("applications[%d]: the id %q is empty or stands twice", i, application.ID)
		}
		applications[application.ID] = true
		for _, scope := range []string{application.Scope, application.MaximumScope} {
			if _, err := parseScope(scope); err != nil && scope != "" {
				return fmt.Errorf("application %q: %w", application.ID, err)
			}
		}
	}
	identities := map[string]bool{}
	for i, identity := range s.Identities {
		if identity.Prefix == "" || identity.Universal == "" || identity.Name == "" {
			return fmt.Errorf("identities[%d] lacks prefix, universal or name", i)
		}
		key := foldGrantee(identity.PrefixedUniversal())
		if identities[key] {
			return fmt.Errorf("identity %s stands twice", identity.PrefixedUniversal())
		}
		identities[key] = true
	}
	for i, mapping := range s.JwtMappings {
		if mapping.Name == "" || mapping.IssuerURI == "" {
			return fmt.Errorf("jwt_mappings[%d] lacks name or issuer_uri", i)
		}
		if _, err := regexp.Compile(mapping.IDMatch); err != nil {
			return fmt.Errorf("JWT mapping %q: %w", mapping.Name, err)
		}
		if _, err := publicKey(mapping.RS256PublicKey); err != nil && mapping.RS256PublicKey != "" {
			return fmt.Errorf("JWT mapping %q: %w", mapping.Name, err)
		}
	}
	for i, role := range s.Roles {
		if err := role.check(); err != nil {
			return fmt.Errorf("roles[%d]: %w", i, err)
		}
	}
	for _, issuer := range s.Issuers {
		if _, err := publicKey(issuer.RS256PublicKey); issuer.URI == "" || err != nil && issuer.RS256PublicKey != "" {
			return fmt.Errorf("issuer %q: no uri, or %w", issuer.URI, cmp.Or(err, errors.New("no key")))
		}
	}
	for i, rule := range s.Rules {
		if err := rule.check(); err != nil {
			return fmt.Errorf("rules[%d]: %w", i, err)
		}
	}
	if c.ClientCA != "" {
		if _, err := certificatePool(c.ClientCA); err != nil {
			return fmt.Errorf("client_ca: %w", err)
		}
	}
	return nil
}
