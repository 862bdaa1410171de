# The service is not asked: computed attributes hold made-up values, and no credentials are needed.
mock_provider "appaccess" {}

run "contractors_get_nothing" {
  command = plan

  assert {
    condition     = !contains(keys(appaccess_huaweicloud_app_authorization_set.cad.users), "contractors.example.com")
    error_message = "Contractors may not use CAD Workbench."
  }
}

run "the_file_holds_people" {
  command = plan

  assert {
    condition     = length(appaccess_huaweicloud_app_authorization_set.cad.users) > 0
    error_message = "people.csv has nobody in it."
  }
}
