// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

// Package acctest is what acceptance tests share: the provider, the mock services in the same
// process, and a real Terraform or OpenTofu that drives the one against the other.
package acctest

import (
	"os"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/appaccess/terraform-provider-appaccess/internal/provider"
)

// RetryWait is the first wait before a request is sent again. Real waits outlast a service's
// one-minute window.
const RetryWait = 5 * time.Millisecond

func init() {
	// As main does: without it the framework's trace log is most of the work of a test. A test that
	// wants a log says so with TF_LOG, as everywhere.
	if os.Getenv("TF_LOG") == "" && os.Getenv("TF_LOG_SDK_FRAMEWORK") == "" {
		_ = os.Setenv("TF_LOG_SDK_FRAMEWORK", "off")
	}
}

// Providers makes the provider for resource.TestCase.ProtoV6ProviderFactories. It sees none of the
// machine's environment, and repeats requests after RetryWait.
func Providers(options ...provider.Option) map[string]func() (tfprotov6.ProviderServer, error) {
	return ProvidersWithEnvironment(nil, options...)
}

// ProvidersWithEnvironment is Providers with environment variables that the provider block falls
// back to.
func ProvidersWithEnvironment(environment map[string]string, options ...provider.Option) map[string]func() (tfprotov6.ProviderServer, error) {
	options = append([]provider.Option{
		provider.WithRetryWait(RetryWait),
		provider.WithEnvironment(func(name string) string { return environment[name] }),
	}, options...)
	return map[string]func() (tfprotov6.ProviderServer, error){
		"appaccess": providerserver.NewProtocol6WithError(provider.New("test", options...)()),
	}
}

// NewProvider is a provider of Providers.
func NewProvider() tfprotov6.ProviderServer {
	server, err := Providers()["appaccess"]()
	if err != nil {
		panic(err) // it makes none
	}
	return server
}

// Test runs an acceptance test with the provider above, unless the test case brings its own. It
// needs no TF_ACC: the services are mocks. Where there is no Terraform, and none can be fetched, it
// fails.
func Test(t *testing.T, c resource.TestCase) {
	t.Helper()
	if c.ProtoV6ProviderFactories == nil {
		c.ProtoV6ProviderFactories = Providers()
	}
	factories := map[string]func() (tfprotov6.ProviderServer, error){}
	for name, factory := range c.ProtoV6ProviderFactories {
		factories[name] = func() (tfprotov6.ProviderServer, error) {
			server, err := factory()
			if err != nil {
				return nil, err
			}
			return Watch(t, server), nil
		}
	}
	c.ProtoV6ProviderFactories = factories
	resource.UnitTest(t, c)
}
