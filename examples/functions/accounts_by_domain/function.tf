# users.csv:
#   account,domain,platform_type,account_type,department
#   zhangsan,,LOCAL,,design
#   lisi,local.com,,,design
#   wangwu,corp.example.com,AD,SIMPLE,construction
#   engineering,corp.example.com,AD,USER_GROUP,construction

locals {
  rows = csvdecode(file("${path.module}/users.csv"))
}

resource "appaccess_huaweicloud_app_authorization_set" "cad" {
  app_ids     = ["3f791197-d166-4c8e-81e4-38c40ffc1989"]
  users       = provider::appaccess::accounts_by_domain(local.rows, "SIMPLE")
  user_groups = provider::appaccess::accounts_by_domain(local.rows, "USER_GROUP")
}

# Rows that are written by hand may leave out the optional columns.
output "by_hand" {
  value = provider::appaccess::accounts_by_domain([
    { account = "zhangsan" },
    { account = "wangwu", domain = "corp.example.com", platform_type = "AD" },
  ])
  # { "local.com" = { zhangsan = null }, "corp.example.com" = { wangwu = "AD" } }
}
