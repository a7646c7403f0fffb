defmodule SfuTest do
  use ExUnit.Case

  @specter [ice_servers: []]

  setup do
    {:ok, room: start_supervised!({Sfu, @specter})}
  end

  defp enter(room, name) do
    options = [room: room, name: name, listener: self(), specter: @specter]

    start_supervised!(%{
      id: name,
      start: {Sfu.Client, :start_link, [options]},
      restart: :temporary
    })
  end

  # So many pictures in a row, each the next one.
  defp sees(listener, of, count) do
    assert_receive {:seen, ^listener, ^of, first}

    for number <- (first + 1)..(first + count - 1) do
      assert_receive {:seen, ^listener, ^of, next}
      assert next == number
    end
  end

  test "everyone sees everyone else, who comes late and who stays when others go", %{room: room} do
    for name <- ["ann", "ben", "cora"], do: enter(room, name)

    for listener <- ["ann", "ben", "cora"], of <- ["ann", "ben", "cora"], of != listener do
      sees(listener, of, 20)
    end

    # Who comes late can decode only from a key frame on: it was asked for at each source.
    enter(room, "dan")
    for of <- ["ann", "ben", "cora"], do: sees("dan", of, 20)
    for listener <- ["ann", "ben", "cora"], do: sees(listener, "dan", 20)

    # One goes without a word.
    :ok = stop_supervised("ben")
    for listener <- ["ann", "cora", "dan"], do: assert_receive({:gone, ^listener, "ben"})
    enter(room, "eve")
    for listener <- ["ann", "cora", "dan"], do: sees(listener, "eve", 5)
    for of <- ["ann", "cora", "dan"], do: sees("eve", of, 5)
    refute_received {:seen, name, name, _number}
  end
end
