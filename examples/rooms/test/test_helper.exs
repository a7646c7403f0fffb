# The test's own node is hidden: its connections lead the others to nobody, so that they have to find
# each other as they would on machines of their own.
_ = System.cmd("epmd", ["-daemon"])

{:ok, _} =
  :net_kernel.start(:"rooms_test_#{System.pid()}@127.0.0.1", %{
    name_domain: :longnames,
    hidden: true
  })

ExUnit.start(assert_receive_timeout: 60_000, timeout: 600_000)
