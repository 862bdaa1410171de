// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package acctest

import (
	"context"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/appaccess/terraform-provider-appaccess/internal/acctest/core"
	"github.com/appaccess/terraform-provider-appaccess/internal/provider"
)

// Environment is what Provider says, as environment variables.
func (m *Mock) Environment() map[string]string {
	return map[string]string{
		"HW_REGION_NAME": Region, "HW_ACCESS_KEY": HuaweicloudAccessKey, "HW_SECRET_KEY": HuaweicloudSecretKey,
		"HW_PROJECT_ID": ProjectID, "HW_WORKSPACE_ENDPOINT": m.URL, "HW_IAM_ENDPOINT": m.URL,
		"ENOS_GATEWAY_URL": m.URL, "ENOS_ACCESS_KEY": EnosAccessKey, "ENOS_SECRET_KEY": EnosSecretKey, "ENOS_ORG_ID": OrgID,
		"VENAFI_URL": m.URL, "VENAFI_CLIENT_ID": VenafiClientID, "VENAFI_USER": VenafiUser, "VENAFI_PASS": VenafiPassword,
	}
}

// Server is a process of the provider, asked as Terraform asks it. It is for what the installed
// Terraform may be too old to ask.
type Server struct {
	t       testing.TB
	process *core.Process
}

type (
	// Query is a list block.
	Query = core.Query
	// Listed is one of its results.
	Listed = core.Listed
)

// NewServer makes a provider that is configured from an environment.
func NewServer(t testing.TB, environment map[string]string, options ...provider.Option) *Server {
	t.Helper()
	return NewServerWith(t, map[string]any{}, environment, options...)
}

// NewServerWith is NewServer with a provider block, as JSON would hold it.
func NewServerWith(t testing.TB, block map[string]any, environment map[string]string, options ...provider.Option) *Server {
	t.Helper()
	terraform := &core.Terraform{Provider: block, Server: func() tfprotov6.ProviderServer {
		server, err := ProvidersWithEnvironment(environment, options...)["appaccess"]()
		if err != nil {
			panic(err) // it makes none
		}
		return Watch(t, server)
	}}
	process, err := terraform.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return &Server{t, process}
}

// Query lists resources of a type.
func (s *Server) Query(typeName string, q Query) []Listed {
	s.t.Helper()
	results, err := s.process.Query(s.t.Context(), typeName, q)
	if err != nil {
		s.t.Fatal(err)
	}
	return results
}

// Read reads a data source: its attributes, and its diagnostics.
func (s *Server) Read(typeName string, attributes map[string]any) (map[string]any, *core.Diagnostics) {
	s.t.Helper()
	found, diags, err := s.process.ReadData(s.t.Context(), typeName, attributes)
	if err != nil {
		s.t.Fatal(err)
	}
	return found, diags
}

// PlansClean imports what a query with IncludeResource has found, and returns what a plan would
// change then, "" for nothing.
func (s *Server) PlansClean(typeName string, l Listed) string {
	s.t.Helper()
	diff, err := s.process.PlansClean(context.WithoutCancel(s.t.Context()), typeName, l)
	if err != nil {
		s.t.Fatal(err)
	}
	return diff
}
