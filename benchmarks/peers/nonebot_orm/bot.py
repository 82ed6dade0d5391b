"""NoneBot2 with nonebot-plugin-orm and OneBot v11: `bot.py FOLDER PORT`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import nonebot
from nonebot.adapters.onebot.v11 import Adapter

HERE = Path(__file__).resolve().parent


def main() -> None:
    """Serve one folder."""
    folder, port = Path(sys.argv[1]), int(sys.argv[2])
    nonebot.init(
        driver="~fastapi",
        host="127.0.0.1",
        port=port,
        log_level="WARNING",
        onebot_access_token="benchmark-token",
        sqlalchemy_database_url=f"sqlite+aiosqlite:///{folder / 'peer.db'}",
        sqlalchemy_engine_options={"connect_args": {"timeout": 60}},
        alembic_startup_check=False,
    )
    driver = nonebot.get_driver()
    driver.register_adapter(Adapter)
    nonebot.load_plugin("nonebot_plugin_orm")
    nonebot.load_plugin(HERE / "plugins" / "vote.py")

    @driver.on_startup
    async def report() -> None:
        """WAL makes it faster and loses no events; then read `synchronous` back."""
        from nonebot_plugin_orm import get_session
        from sqlalchemy import text

        async with get_session() as session:
            await session.execute(text("PRAGMA journal_mode = WAL"))
            synchronous = (await session.execute(text("PRAGMA synchronous"))).scalar_one()
        (folder / "report.json").write_text(json.dumps({"synchronous": synchronous}))

    nonebot.run()


if __name__ == "__main__":
    main()
