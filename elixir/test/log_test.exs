defmodule Specter.LogTest do
  # The log is the VM's.
  use Specter.Test.Case, async: false

  import Specter.Test.Channels

  alias Specter.PeerConnection

  # A handler of Erlang's logger that sends what comes to a process.
  def log(event, %{config: %{test: pid}}), do: send(pid, {:logged, event})

  setup do
    :ok = :logger.add_handler(:specter_test, __MODULE__, %{config: %{test: self()}})
    before = :logger.get_primary_config()
    :logger.set_primary_config(:level, :all)

    on_exit(fn ->
      Specter.set_log(:warning)
      :logger.remove_handler(:specter_test)
      :logger.set_primary_config(before)
    end)
  end

  defp logged(seen \\ []) do
    receive do
      {:logged, %{meta: %{specter_module: _}} = event} -> logged([event | seen])
      {:logged, _other} -> logged(seen)
    after
      300 -> Enum.reverse(seen)
    end
  end

  test "is silent at first, but for warnings" do
    assert Specter.set_log(:warning) == :ok
    connected_pair(init())
    assert logged() == []
  end

  test "has the records of the modules that were asked for, with their connection" do
    assert Specter.set_log(ice: :debug, dtls: :info, sctp: :off) == :ok
    specter = init()
    {pc_1, _dc_1, _pc_2, _dc_2} = connected_pair(specter)
    {:ok, number} = PeerConnection.log_number(specter, pc_1)

    events = logged()
    modules = events |> Enum.map(& &1.meta.specter_module) |> Enum.uniq() |> Enum.sort()
    assert modules == [:dtls, :ice]
    assert Enum.any?(events, &(&1.level == :debug and &1.meta.specter_module == :ice))
    refute Enum.any?(events, &(&1.level == :debug and &1.meta.specter_module == :dtls))

    assert Enum.any?(events, fn %{msg: {format, arguments}, meta: meta} ->
             text = format |> :io_lib.format(arguments) |> IO.chardata_to_string()
             meta.connection == number and text =~ "connected: DTLS"
           end)
  end

  test "can be changed while connections are there" do
    Specter.set_log(:warning)
    specter = init()
    {pc, _dc_1, _pc_2, _dc_2} = connected_pair(specter)
    Specter.set_log(:info)
    PeerConnection.close(specter, pc)
    assert Enum.any?(logged(), &(&1.level == :info))
  end

  test "refuses what is no level" do
    for wrong <- [:loud, [ice: :loud], [tcp: :debug], [], "debug", nil] do
      assert_raise ArgumentError, ~r/is no log level/, fn -> Specter.set_log(wrong) end
    end
  end

  test "knows no number of a connection that is not there" do
    assert PeerConnection.log_number(init(), "nobody") == {:error, :not_found}
  end
end
