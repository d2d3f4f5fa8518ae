"""The names that people tell in other languages and scripts than NovaBot's own two."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from app.messages import Message
from app.nova import respond
from app.nova.names.bare import find_bare_name, find_completion
from app.nova.names.finder import find_name
from app.sessions.session import Session

TOLD = """
我叫王小明 | 王小明
你好，我叫王小明。 | 王小明
你好我叫李伟 | 李伟
我叫张伟，想买东西 | 张伟
我的名字是陳美玲 | 陳美玲
我的名字叫刘洋 | 刘洋
我是欧阳娜娜 | 欧阳娜娜
我是王小明 | 王小明
叫我小明 | 小明
请叫我阿伟 | 阿伟
叫我老王就行 | 老王
我叫小红哦 | 小红
我叫John | John
我叫Budi | Budi
姓名：赵敏 | 赵敏
我名叫周杰 | 周杰
меня зовут Иван | Иван
Меня зовут Анна Петрова | Анна Петрова
привет, меня зовут Ольга, хочу заказать | Ольга
Здравствуйте! Меня зовут Дмитрий | Дмитрий
меня зовут анна хочу заказать | Анна
меня зовут иван петров | Иван Петров
моё имя Сергей | Сергей
мое имя - Мария | Мария
зовите меня Саша | Саша
я Иван | Иван
Я Иван Петров | Иван Петров
это Наташа | Наташа
мене звати Олена | Олена
меня зовут Хабиб | Хабиб
με λένε Μαρία | Μαρία
με λένε Γιώργο Παπαδόπουλο | Γιώργο Παπαδόπουλο
اسمي محمد | محمد
أنا اسمي فاطمة | فاطمة
السلام عليكم، اسمي أحمد | أحمد
مرحبا اسمي خالد واريد طلب | خالد
اسمي محمد علي | محمد علي
اسمي عبد الله | عبد الله
اسمي عبد الرحمن السعيد | عبد الرحمن السعيد
اسمي محمد بن سلمان | محمد بن سلمان
أنا مريم | مريم
معك يوسف | يوسف
اسم من علی است | علی
نام من رضا | رضا
שמי דוד | דוד
קוראים לי נועה | נועה
me llamo Juan Pérez | Juan Pérez
hola, me llamo maria y quiero comprar | Maria
mi nombre es Carlos | Carlos
je m'appelle Marie | Marie
Bonjour, je m’appelle Jean Dupont | Jean Dupont
ich heiße Hans Müller | Hans Müller
Mein Name ist Klaus | Klaus
ik heet Jan | Jan
mijn naam is Pieter | Pieter
mi chiamo Giulia | Giulia
me chamo João | João
meu nome é Ana | Ana
tôi tên là Nguyễn Văn An | Nguyễn Văn An
tên tôi là Hương | Hương
ang pangalan ko ay Maria | Maria
benim adım Ahmet | Ahmet
adan tiang Wayan Sukra | Wayan Sukra
wastan titiang Ni Luh Ayu | Ni Luh Ayu
namo ambo Zulkifli | Zulkifli
私の名前は田中です | 田中
名前は田中太郎です | 田中太郎
はじめまして、田中です。 | 田中
田中です | 田中
鈴木花子と申します | 鈴木花子
私は佐藤です。よろしくお願いします | 佐藤
私の名前はマリアです | マリア
スミスと申します | スミス
山本です。よろしくお願いします | 山本
제 이름은 김민수입니다 | 김민수
제 이름은 수진이에요 | 수진
저는 김민수입니다 | 김민수
저는 박지훈이라고 합니다 | 박지훈
내 이름은 이영희야 | 이영희
ผมชื่อสมชายครับ | สมชาย
ดิฉันชื่อ มาลี ค่ะ | มาลี
ฉันชื่อแอน | แอน
मेरा नाम राहुल है | राहुल
मेरा नाम प्रिया शर्मा है | प्रिया शर्मा
"""

UNTOLD = """
我叫什么
我叫什么？
我叫什么名字
我叫车了
我叫了外卖
我叫外卖
我叫不出来
我叫王小明吗？
我是学生
我是高中生
我是中国人
我是客户
我是高兴
我是万一
我是谁
他叫王小明
叫我什么
叫我一声
叫我老师
我很高兴
谢谢
名字是秘密
我的名字是秘密
我不叫王小明
王小明
как меня зовут?
меня зовут не Иван
меня зовут как?
меня зовут Иван?
его зовут Иван
я устал
я лев
Я Лев по гороскопу
Я хочу заказать
он сказал меня зовут Анна
Меня зовут Не Иван
叫我安心
я из Москвы
это секрет
Это Москва
Иван
ما اسمي؟
اسمي ليس محمد
اسمي خاطئ
اسمي
أنا جائع
أنا من جاكرتا
اسمه محمد
محمد
شكرا
adım adım
je m'appelle comment ?
me llamo la atención
名前は秘密です
私の名前は何ですか
私の名前は田中ですか？
学生です
私は学生です
石川です
東京です
日本人です
元気です
好きです
大丈夫です
名前は必要です
田中さんです
저는 학생입니다
저는 한국인입니다
제 이름은 비밀입니다
제 이름은 뭐예요?
감사합니다
ผมชื่ออะไร
मेरा नाम क्या है
मेरा नाम गलत है
我是来买东西的
我是老客户
我是新来的
我是女生
我是男的
我是你的朋友
我是真的想买
我是认真的
我是上海人
我是北京的
我是北方人
我是金牌会员
我是高级会员
我是单身
我是方便的
我是万人迷
我是程序员
我是白领
我是包工头
我是成年人
我叫你呢
我叫她了
我叫客服
我叫快递
我叫人来
我叫滴滴
我叫他明天来
我叫醒他
叫我怎么办
叫我起床
叫我一下
叫我吃饭
叫我后天来
姓名不对
姓名：
我的名字写错了
我的名字不对
我的名字是错的
名字叫什么
多少钱
请问有货吗
什么时候发货
明天可以送吗
马上付款
我要退货
我想买两件
地址是北京
何时到货
高兴认识你
万分感谢
谢谢你
好的
收到
没问题
不用了
可以
在吗
你好
早上好
я не понял
я в Москве
я Козерог
я Овен
это Срочно
Это Москва?
это заказ
сколько стоит?
где мой заказ
Когда доставка
спасибо большое
это не я
я мама Ивана
я от Ивана
меня зовут на обед
меня никто не зовёт
зовите менеджера
зовите меня когда будет готово
имя не указано
أنا مهتم
أنا في جاكرتا
أنا أريد المنتج
أنا زبون قديم
معك حق
كم السعر
متى التوصيل
اسم المنتج
اسم من هذا
اسم من
نام من چیست
اسمي غير صحيح
اسمي مكتوب خطأ
انا الزوجة
السعر غالي
これはいくらですか
いつ届きますか
注文です
無料です
男性です
田中さんですか
明日です
福岡です
私は医者です
私は日本人です
名前は後で
名前は鈴木ですか
ありがとうございます
저는 몰라요
저는 괜찮아요
저는 회사원입니다
저는 주부예요
얼마예요
언제 와요
배송입니다
제 이름은 아니에요
이름은 몰라요
mi nombre no es ese
mi nombre es incorrecto
je m'appelle pas comme ça
mein Name ist falsch
ich heiße nicht Hans
mijn naam is verkeerd
me chamo atenção
tôi tên gì
adım atmak
ako ay gutom
ako ini
nan lon gata
ist das da
naam kya hai
nama ambo apo
tiang nak meli
adan tiang sira
ผมอยากซื้อ
ผมชื่อไม่ถูก
ชื่อสินค้าอะไร
ขอบคุณครับ
मेरा नाम नहीं है
मेरा ऑर्डर कहाँ है
"""

ANSWERS = """
王小明 | 王小明
陈美玲 | 陈美玲
李娜。 | 李娜
欧阳娜娜 | 欧阳娜娜
田中 | 田中
田中です | 田中
김민수 | 김민수
지민이에요 | 지민
Иван | Иван
иван | Иван
Александр Петров | Александр Петров
иван петров | Иван Петров
Оксана 😊 | Оксана
محمد | محمد
محمد علي | محمد علي
عبد الله | عبد الله
فاطمة الزهراء | فاطمة الزهراء
محمد شكرا | محمد
محمد اريد طلب | -
иван хочу | -
谢谢 | -
高兴 | -
明天 | -
不要 | -
好的 | -
马上 | -
方便 | -
周一 | -
спасибо | -
Спасибо | -
нет | -
Завтра | -
Москва | -
не хочу | -
شكرا | -
لا | -
سلام | -
غدا | -
نعم | -
감사합니다 | -
안녕하세요 | -
내일 | -
ありがとう | -
明日 | -
学生です | -
東京 | -
"""
"""Each an answer to the question for the name."""

COMPLETIONS = """
王小明 | 王小明
Иван | Иван
محمد | محمد
谢谢 | -
спасибо | -
Завтра | -
Хочу Заказать | -
شكرا | -
اريد طلب | -
明天 | -
"""
"""Each the message after "nama saya"."""


def read_table(table: str) -> list[tuple[str, str | None]]:
    rows = [line.rpartition(" | ") for line in table.strip().splitlines()]
    return [(text, None if name == "-" else name) for text, _, name in rows]


@pytest.mark.parametrize(("text", "name"), read_table(TOLD))
def test_a_name_that_is_told_is_found(text: str, name: str | None) -> None:
    assert find_name(text) == name


@pytest.mark.parametrize("text", UNTOLD.strip().splitlines())
def test_what_tells_no_name_gives_none(text: str) -> None:
    assert find_name(text) is None


@pytest.mark.parametrize(("text", "name"), read_table(ANSWERS))
def test_a_bare_answer_is_a_name_only_if_it_is_listed(text: str, name: str | None) -> None:
    assert find_bare_name(text) == name


@pytest.mark.parametrize(("text", "name"), read_table(COMPLETIONS))
def test_a_name_that_was_begun_is_completed(text: str, name: str | None) -> None:
    assert find_completion(text, "name") == name


@pytest.mark.parametrize("text", ["王小明", "Иван", "محمد", "김민수", "田中です"])
def test_unasked_a_bare_name_is_none_unless_grammar_says_so(text: str) -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    message = Message("wamid.1", ("628",), "text", text, at)
    told = respond(Session(), message).learnt_name
    assert told == ("田中" if text.endswith("です") else None)
    assert respond(Session(context={"awaiting": True}), message).learnt_name is not None


def test_a_long_text_without_spaces_is_read_too() -> None:
    assert find_name("我叫王小明，" + "我想买东西，" * 500) == "王小明"
