"""The panel's own words, in English and Russian. The terminal's words are in the catalogues; these are a demo's."""

import os

LANGUAGES = ("en", "ru")

TABLE: dict[str, tuple[str, str]] = {
    "title": ("Demo polling place", "Демонстрационный участок"),
    "subtitle": (
        "The terminal is the other window. Here are the hands around it.",
        "Терминал — в соседнем окне. Здесь — руки вокруг него.",
    ),
    "other_language": ("Русский", "English"),
    "preparing": ("Preparing a demo election", "Готовится демонстрационное голосование"),
    "preparing_lead": (
        "Keys, cards, ballot papers, a counting centre and devices are made afresh. This takes a few seconds.",
        "Заново создаются ключи, карточки, бюллетени, центр подсчёта и устройства. Это займёт несколько секунд.",
    ),
    "not_built": ("The demo could not start", "Демонстрация не запустилась"),
    "broken": ("A fault in the panel: it is closing.", "Сбой панели: она закрывается."),
    "folder": ("Everything of this demo is in {path} until you close it.",
               "Всё, что относится к демонстрации, лежит в {path}, пока она открыта."),
    "refused": ("That did not work: {words}", "Не получилось: {words}"),
    # --- the guide
    "next": ("What to do next", "Что делать дальше"),
    "stage.open": ("1  Open", "1  Открыть"),
    "stage.vote": ("2  Vote", "2  Голосовать"),
    "stage.close": ("3  Close", "3  Закрыть"),
    "stage.deliver": ("4  Deliver", "4  Доставить"),
    "guide.cut": (
        "The power is cut. Switch the terminal on and see what it still knows.",
        "Питание отключено. Включите терминал и посмотрите, что он помнит.",
    ),
    "guide.ended": ("The terminal is not running. Switch it on again.", "Терминал не работает. Включите его снова."),
    "guide.starting": ("The terminal is starting.", "Терминал запускается."),
    "guide.printer": (
        "The printer does not print, and the terminal waits. Put the printer in order.",
        "Принтер не печатает, терминал ждёт. Приведите принтер в порядок.",
    ),
    "guide.printer_back": (
        "The printer is in order again. At the terminal, press “{button}”.",
        "Принтер снова в порядке. Нажмите на терминале «{button}».",
    ),
    "guide.pin": ("At the terminal, enter the PIN {pin}.", "Введите на терминале ПИН-код {pin}."),
    "guide.quorum": (
        "The polls are opened by a quorum: put in another member’s card.",
        "Голосование открывает кворум: вставьте карточку другого члена комиссии.",
    ),
    "guide.quorum_take": (
        "This card has been dealt with. Take it out: another member’s follows.",
        "С этой карточкой всё. Заберите её: следующей будет карточка другого члена комиссии.",
    ),
    "guide.press": ("At the terminal, press “{button}”.", "Нажмите на терминале «{button}»."),
    "guide.checklist": (
        "The terminal works through its checklist. Watch it, and the paper that comes out.",
        "Терминал проходит по списку проверок. Посмотрите на него и на бумагу, которая выходит.",
    ),
    "guide.act_out": (
        "The act is printed. Read it on the right, then tear it off.",
        "Акт напечатан. Прочтите его справа и оторвите.",
    ),
    "guide.take_card": (
        "Take the card out; the terminal is then ready for the next voter.",
        "Выньте карточку: после этого терминал готов к следующему избирателю.",
    ),
    "guide.card_pulled": (
        "The card was pulled out too early. Put it back.",
        "Карточку вынули слишком рано. Верните её.",
    ),
    "guide.vote": (
        "Vote at the terminal: mark a ballot, then check what you have chosen.",
        "Голосуйте на терминале: заполните бюллетень и проверьте выбор.",
    ),
    "guide.decide": (
        "The ballot is encrypted and its code is on paper. At the terminal: cast it, or have it opened as a check.",
        "Бюллетень зашифрован, его код — на бумаге. На терминале: опустите его или вскройте для проверки.",
    ),
    "guide.checked": (
        "That ballot was opened as a check and will not count. Fill it in again at the terminal.",
        "Этот бюллетень вскрыт для проверки и не будет учтён. Заполните его на терминале заново.",
    ),
    "guide.after_power": (
        "The terminal says what became of the vote before the power cut. Follow what it says.",
        "Терминал говорит, что стало с голосом до отключения питания. Следуйте ему.",
    ),
    "guide.trouble": (
        "The terminal has stopped and says why. Take the card out, or switch the terminal off and on.",
        "Терминал остановился и говорит почему. Выньте карточку или выключите и включите терминал.",
    ),
    "guide.read": ("Follow what the terminal says.", "Следуйте тому, что говорит терминал."),
    "guide.wait": ("The terminal is working.", "Терминал работает."),
    "guide.card_left": ("A card is still in the reader. Take it out.", "В считывателе осталась карточка. Выньте её."),
    "guide.paper_out": (
        "Paper hangs out of the printer. Read it on the right, then tear it off.",
        "Из принтера свисает бумага. Прочтите её справа и оторвите.",
    ),
    "guide.too_early": (
        "The polls open at {opens}. Set the clock to that hour.",
        "Участок открывается в {opens}. Переведите часы.",
    ),
    "guide.open": (
        "The polls are not open yet. Put in the chair’s card; its PIN is {pin}. "
        "The terminal begins in Russian: “English” is at its top.",
        "Голосование ещё не открыто. Вставьте карточку председателя, ПИН-код {pin}.",
    ),
    "guide.issue": (
        "The polls are open. Issue a voter card at the desk and put it into the terminal.",
        "Голосование открыто. Выдайте карточку избирателя и вставьте её в терминал.",
    ),
    "guide.issue_or_close": (
        "Let the next voter come. Or try the faults: cut the power, the network, the paper. "
        "When you have enough, set the clock to {closes}.",
        "Пригласите следующего избирателя. Или устройте сбой: питание, сеть, бумага. "
        "Когда достаточно, переведите часы на {closes}.",
    ),
    "guide.close": (
        "It is after {closes}. Put in the chair’s card (PIN {pin}) and close the polls.",
        "Уже больше {closes}. Вставьте карточку председателя (ПИН-код {pin}) и закройте голосование.",
    ),
    "guide.home_open": (
        "The polls are open. Take the card out, and let voters come. They close at {closes}.",
        "Голосование открыто. Выньте карточку: можно голосовать. Закрытие в {closes}.",
    ),
    "guide.home_closed": ("The polls are closed. Take the card out.", "Голосование закрыто. Выньте карточку."),
    "guide.mend": (
        "The polls are closed, but the network is cut. Mend it, and the ballots go to the centre.",
        "Голосование закрыто, но сети нет. Восстановите её, и бюллетени уйдут в центр.",
    ),
    "guide.over": (
        "The day is over; what the centre has accepted is shown below. "
        "“./run demo --play” plays a whole day up to the verified result.",
        "День окончен; ниже видно, что принял центр. "
        "«./run demo --play» проигрывает весь день до проверенного итога.",
    ),
    "hand.insert_chair": ("Put in the chair’s card", "Вставить карточку председателя"),
    "hand.insert_member": ("Put in another member’s card", "Вставить карточку другого члена"),
    "hand.insert_last_voter": ("Put the card back", "Вернуть карточку"),
    "hand.issue": ("Issue a card and put it in", "Выдать карточку и вставить"),
    "hand.remove_card": ("Take the card out", "Вынуть карточку"),
    "hand.tear": ("Tear off the paper", "Оторвать бумагу"),
    "hand.switch_on": ("Switch on", "Включить"),
    "hand.opening_hour": ("Set the clock to {opens}", "Перевести часы на {opens}"),
    "hand.closing_hour": ("Set the clock to {closes}", "Перевести часы на {closes}"),
    "hand.mend_printer": ("Put the printer in order", "Привести принтер в порядок"),
    "hand.mend_network": ("Mend the network", "Восстановить сеть"),
    # --- cards
    "cards": ("Card reader", "Считыватель карточек"),
    "reader.empty": ("Empty", "Пусто"),
    "reader.control": ("{role}, PIN {pin}", "{role}, ПИН-код {pin}"),
    "reader.voter": ("Voter card {card}, style {style}",
                     "Карточка избирателя {card}, вид {style}"),
    "remove": ("Take out", "Вынуть"),
    "cards.voter": ("Issue a voter card and put it in", "Выдать карточку избирателя и вставить"),
    "cards.style": ("Style {style}\n{title}", "Вид {style}\n{title}"),
    "cards.again": ("Issued cards, to put in again", "Выданные карточки, вставить снова"),
    "cards.none": ("None issued yet", "Ещё не выданы"),
    "cards.one": ("{card}, style {style}", "{card}, вид {style}"),
    "cards.control": ("Put in a control card of the commission", "Вставить карточку комиссии"),
    "insert": ("Put in", "Вставить"),
    "insert_named": ("Put in: {what}", "Вставить: {what}"),
    "pin": ("PIN {pin}", "ПИН-код {pin}"),
    "role.chair": ("Chair", "Председатель"),
    "role.secretary": ("Secretary", "Секретарь"),
    "role.member": ("Member", "Член комиссии"),
    # --- paper
    "paper": ("Printer", "Принтер"),
    "printer.ready": ("Ready", "Готов"),
    "printer.paper_out": ("Out of paper", "Нет бумаги"),
    "printer.cover_open": ("Cover open", "Крышка открыта"),
    "printer.jam": ("Paper jam", "Замятие бумаги"),
    "printer.cutter": ("Cutter blocked", "Нож заблокирован"),
    "printer.hot": ("Head too hot", "Головка перегрета"),
    "printer.offline": ("Offline", "Отключён"),
    "printer.unknown": ("Unknown trouble", "Неизвестная неисправность"),
    "paper.take_out": ("Paper out", "Убрать бумагу"),
    "paper.put_in": ("Put in paper", "Вставить бумагу"),
    "paper.open": ("Open cover", "Открыть крышку"),
    "paper.close": ("Close cover", "Закрыть крышку"),
    "paper.jam": ("Jam", "Замять"),
    "paper.clear": ("Clear jam", "Убрать замятие"),
    "paper.offline": ("Go offline", "Отключить"),
    "paper.online": ("Go online", "Подключить"),
    "tear": ("Tear off", "Оторвать"),
    "paper.empty": ("Papers appear here as they come out of the printer.",
                    "Здесь появляется бумага, когда она выходит из принтера."),
    "paper.hangs": ("{name}  (in the slot)", "{name}  (в принтере)"),
    "paper.torn": ("{name}", "{name}"),
    "paper.reprint": ("{name}, reprint", "{name}, повтор"),
    "paper.broken": ("{name}, broken off", "{name}, оборвано"),
    "paper.list": ("Printed papers, newest first", "Напечатанное, сначала новое"),
    "paper.zero-report": ("Zero report", "Нулевой отчёт"),
    "paper.opening-act": ("Opening act", "Акт об открытии"),
    "paper.closing-act": ("Closing act", "Акт о закрытии"),
    "paper.control-counters": ("Control counters", "Контрольные счётчики"),
    "paper.slip-offered": ("Slip: code", "Квиток: код"),
    "paper.slip-cast": ("Slip: cast", "Квиток: голос принят"),
    "paper.slip-checked": ("Slip: checked", "Квиток: проверен"),
    "paper.slip-challenge": ("Slip: opened ballot", "Квиток: вскрытый бюллетень"),
    "paper.test-print": ("Test print", "Пробная печать"),
    # --- network, power, clock
    "network": ("Network to the counting centre", "Сеть до центра подсчёта"),
    "network.on": ("Connected", "Есть связь"),
    "network.off": ("Cut", "Связи нет"),
    "network.tried": ("Cut; attempts in vain: {attempts}", "Связи нет; напрасных попыток: {attempts}"),
    "network.cut": ("Cut the network", "Отключить сеть"),
    "network.mend": ("Mend the network", "Восстановить сеть"),
    "delivered.unknown": ("Asking the centre…", "Запрашиваем центр…"),
    "delivered": ("Centre: {accepted} ballots accepted in {batches} batches",
                  "Центр: принято бюллетеней {accepted}, пакетов {batches}"),
    "delivered.refused": ("Centre: {accepted} ballots accepted, {refused} refused, {batches} batches",
                          "Центр: принято бюллетеней {accepted}, отклонено {refused}, пакетов {batches}"),
    "headphones": ("Headphones", "Наушники"),
    "headphones.in": ("In: the terminal speaks", "Вставлены: терминал говорит"),
    "headphones.out": ("Not plugged in", "Не вставлены"),
    "headphones.own": ("The terminal plays on this computer", "Терминал звучит через этот компьютер"),
    "headphones.plug": ("Plug in", "Вставить"),
    "headphones.pull": ("Pull out", "Вынуть"),
    "power": ("Power of the terminal", "Питание терминала"),
    "power.on": ("Running", "Работает"),
    "power.starting": ("Starting", "Запускается"),
    "power.cut": ("Power is cut", "Питание отключено"),
    "power.ended": ("Ended by itself", "Завершился сам"),
    "power.words": ("Its last words: {words}", "Последние слова: {words}"),
    "power.take": ("Cut power", "Отключить питание"),
    "power.give": ("Switch on", "Включить"),
    "clock": ("Clock", "Часы"),
    "clock.opening": ("{opens}  opening", "{opens}  открытие"),
    "clock.closing": ("{closes}  closing", "{closes}  закрытие"),
    "clock.hour": ("+1 hour", "+1 час"),
}  # fmt: skip


def say(language: str, key: str, **args: str) -> str:
    """The words of `key` in "en" or "ru". Raises KeyError for a key that is not there."""
    return TABLE[key][LANGUAGES.index(language)].format(**args)


def system_language() -> str:
    """Russian where the system speaks Russian, English elsewhere."""
    spoken = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return "ru" if spoken.startswith("ru") else "en"
